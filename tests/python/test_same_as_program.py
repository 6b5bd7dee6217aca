# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The same numbers as the program, bit by bit, and files both ways."""

import inspect
import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

import kswgd


@pytest.fixture(scope="module")
def files(tmp_path_factory, well, walk):
    folder = tmp_path_factory.mktemp("files")
    np.save(folder / "well.npy", well)
    np.save(folder / "walk.npy", walk)
    return folder


def contents(path):
    """All numbers of an HDF5 file, but for what tells how and when it was made."""
    found = {}

    def take(name, thing):
        if isinstance(thing, h5py.Dataset):
            found[name] = thing[()]
        for key, value in thing.attrs.items():
            if key not in ("command", "data", "seconds", "git", "version"):
                found[f"{name}@{key}"] = value

    with h5py.File(path, "r") as file:
        file.visititems(take)
        take("", file)
    return found


def assert_same_files(one, other):
    a, b = contents(one), contents(other)
    assert a.keys() == b.keys()
    for name in a:
        assert np.array_equal(np.asarray(a[name]), np.asarray(b[name]), equal_nan=np.asarray(a[name]).dtype.kind == "f"), name


CASES = {
    "generator": (lambda: kswgd.Generator(random_state=7, hold_out=50), "well", ["--hold-out", 50]),
    "normal scores": (lambda: kswgd.Generator(coordinates="normal", random_state=7), "well", ["--coordinates", "normal"]),
    "fourier": (lambda: kswgd.Generator(dictionary="fourier", features=80, random_state=7), "well", ["--dictionary", "fourier", "--features", 80]),
    "manifold": (lambda: kswgd.Generator(manifold="periodic:0,6", modes=8, random_state=7), "well", ["--manifold", "periodic:0,6", "--modes", 8]),
    "diffusion": (lambda: kswgd.Generator(diffusion="isotropic", dt=0.05, random_state=7), "walk", ["--diffusion", "isotropic", "--dt", 0.05]),
    "reweight": (lambda: kswgd.Generator(reweight="equilibrium", lag=10, random_state=7), "walk", ["--reweight", "equilibrium", "--lag", 10]),
    "edmd": (lambda: kswgd.Edmd(lag=4, dt=0.05, random_state=7), "walk", ["--lag", 4, "--dt", 0.05]),
    "diffusion-map": (lambda: kswgd.DiffusionMap(modes=6, random_state=7), "well", ["--estimator", "diffusion-map", "--modes", 6]),
}


@pytest.mark.parametrize("case", CASES)
def test_fit_sample_and_files(case, files, program, well, walk):
    make, data, options = CASES[case]
    X = {"well": well, "walk": walk}[data]
    model = make().fit(X)
    program("fit", files / f"{data}.npy", "-o", files / "theirs.h5", "--seed", 7, *options)
    theirs = program("spectrum", files / "theirs.h5")
    for mine, name in ((model.eigenvalues_, "eigenvalues"), (model.eigenvalue_errors_, "spread"), (model.fitted_eigenvalues_, "fitted_eigenvalues")):
        assert mine.tolist() == [np.nan if v is None else v for v in theirs[name]] or name == "spread"
    assert np.array_equal(model.eigenvalue_errors_, np.array(theirs["spread"], dtype=float), equal_nan=True)
    assert model.timescales_[1:].tolist() == theirs["timescales"][1:]
    # Model files differ in nothing but how they were made.
    model.save(files / "mine.h5")
    assert_same_files(files / "mine.h5", files / "theirs.h5")
    # Samples from both, with each other's file.
    samples = model.sample(300, random_state=2, path=files / "samples.h5")
    program("sample", files / "mine.h5", "-n", 300, "-o", files / "theirs_samples.h5", "--seed", 2)
    assert_same_files(files / "samples.h5", files / "theirs_samples.h5")
    with h5py.File(files / "theirs_samples.h5", "r") as file:
        assert np.array_equal(samples, file["samples"][()])
    other = kswgd.load(files / "theirs.h5")
    assert type(other) is type(model)
    assert np.array_equal(other.sample(300, random_state=2), samples)
    # Eigenfunctions and gradients.
    program("evaluate", files / "theirs.h5", files / f"{data}.npy", "-o", files / "functions.h5")
    values, gradients = model.evaluate(X, gradients=True)
    with h5py.File(files / "functions.h5", "r") as file:
        assert np.array_equal(values, file["eigenfunctions"][()])
        assert np.array_equal(gradients, file["gradients"][()])
        if "log_density" in file:
            for mine, name in ((model.log_density, "log_density"), (model.gradient_log_density, "score")):
                value, error = mine(X, return_error=True)
                assert np.array_equal(value, file[name][()].reshape(value.shape)) and np.array_equal(error, file[name + "_error"][()].reshape(value.shape))
        else:
            with pytest.raises(ValueError):
                model.log_density(X)


def test_options_of_sample(files, program, well):
    model = kswgd.Generator().fit(well)
    model.save(files / "model.h5")
    np.save(files / "start.npy", well[:200] + 1.0)
    for mine, theirs in (
        (dict(start="data"), ["--start", "data"]),
        (dict(start=well[:200] + 1.0), ["--start", files / "start.npy"]),
        (dict(inverse="spectral", modes=6), ["--inverse", "spectral", "--modes", 6]),
        (dict(precision="fp64", max_steps=5), ["--precision", "fp64", "--max-steps", 5]),
        (dict(polish=7, marginals="matched"), ["--polish", 7, "--marginals", "matched"]),
        (dict(polish=0, decimals="data"), ["--polish", 0, "--decimals", "data"]),
    ):
        samples, report = model.sample(200, random_state=1, return_report=True, **mine)
        said = program("sample", files / "model.h5", "-n", 200, "-o", files / "out.h5", "--seed", 1, *theirs)
        with h5py.File(files / "out.h5", "r") as file:
            assert np.array_equal(samples, file["samples"][()])
        assert report.energy.tolist() == said["energy"]
        for name in ("steps", "evaluations", "stop_reason", "verdict", "reasons", "marginals", "coordinates"):
            assert getattr(report, name) == said[name], name
        assert (report.polish_kept, report.polish_reason, report.worst_ks) == (said["polish"]["kept"], said["polish"]["reason"], said["worst_column"]["ks"])
        assert report.polish_flow_steps == said["polish"].get("flow", {"steps": 0})["steps"]
        for name, value in report.monitors.items():
            assert value == said["monitors"][name] or (np.isnan(value) and said["monitors"][name] is None), name


def test_conditional_and_learned_laws(files, program, well):
    pandas = pytest.importorskip("pandas")
    model = kswgd.Generator().fit(pandas.DataFrame(well, columns=["x", "y"]))
    model.save(files / "model.h5")
    draws = model.sample(50, random_state=3, given={"x": 0.5})
    program("sample", files / "model.h5", "-n", 50, "--seed", 3, "--given", "c0=0.5", "-o", files / "draws.npy")
    assert np.array_equal(draws, np.load(files / "draws.npy")) and np.all(draws[:, 0] == 0.5)
    both = model.sample(20, random_state=3, given={1: [-1, 1]})
    assert both.shape == (2, 20, 2) and np.all(both[0, :, 1] == -1)
    with pytest.raises(ValueError, match="no column 'z'"):
        model.sample(5, given={"z": 1})
    walks = model.simulate(200, trajectories=2, random_state=5)
    program("simulate", f"learned:{files / 'model.h5'}", "--samples", 200, "--trajectories", 2, "--seed", 5, "-o", files / "walks.h5")
    with h5py.File(files / "walks.h5", "r") as file:
        for k, name in enumerate(sorted(file["trajectories"])):
            assert np.array_equal(walks[k], file["trajectories"][name][()])


def test_rates_and_states(files, program, walk):
    np.save(files / "walk.npy", walk)
    for model, options in ((kswgd.Generator(), []), (kswgd.Edmd(lag=4, dt=0.05), ["--lag", 4, "--dt", 0.05])):
        model.fit(walk)
        program("fit", files / "walk.npy", "-o", files / "model.h5", *options)
        again = ["--dt", 0.05] if options else []
        mine = kswgd.rates(model, walk, ((-1, 0), 0.3), ([0.7, -np.inf], [np.inf, np.inf]))
        theirs = program("rates", files / "model.h5", files / "walk.npy", "--from=-1,0:0.3", "--to", "box:0.7..,*", *again)
        for name in ("rate", "rate_error", "low", "high", "mean_first_passage_time"):
            assert getattr(mine.forward, name) == theirs[name] and getattr(mine.backward, name) == theirs["backward"][name], name
        assert (mine.flux.rate, mine.from_a) == (theirs["flux"], theirs["from_a"])
        found = kswgd.states(model, walk, 2)
        theirs = program("states", files / "model.h5", files / "walk.npy", "--states", 2, *again, "-o", files / "states.npy")
        assert found.populations.tolist() == theirs["populations"] and found.rates.tolist() == theirs["rates"]
        assert np.array_equal(found.memberships, np.load(files / "states.npy"))


def test_weights(files, program, well):
    weights = np.random.default_rng(1).uniform(0.2, 3, size=len(well))
    np.save(files / "weights.npy", weights[:, None])
    tilt = well[:, 0] ** 2
    np.save(files / "tilt.npy", tilt[:, None])
    model = kswgd.Generator().fit(well, sample_weight=weights, tilt=tilt)
    program("fit", files / "well.npy", "-o", files / "theirs.h5", "--weights", files / "weights.npy", "--tilt", files / "tilt.npy")
    model.save(files / "mine.h5")
    assert_same_files(files / "mine.h5", files / "theirs.h5")
    assert model.effective_samples_ < len(well)


def test_kinetics(files, program, walk):
    mine = kswgd.timescales(walk, lags=(2, 8), modes=2, bootstrap=20, dt=0.05, random_state=4)
    theirs = program("timescales", files / "walk.npy", "--lags", "2,8", "--modes", 2, "--bootstrap", 20, "--dt", 0.05, "--seed", 4)
    for name in ("timescales", "low", "high"):
        assert np.array_equal(getattr(mine, name), np.array(theirs[name], dtype=float), equal_nan=True), name
    assert mine.lags.tolist() == theirs["lags"] and mine.unit == theirs["unit"]
    mine = kswgd.chapman_kolmogorov(walk, 4, multiples=3, modes=2, bootstrap=20)
    theirs = program("chapman-kolmogorov", files / "walk.npy", "--lag", 4, "--multiples", 3, "--modes", 2, "--bootstrap", 20)
    for name in ("predicted", "estimated", "low", "high"):
        assert np.array_equal(getattr(mine, name), np.array(theirs[name], dtype=float), equal_nan=True), name
    mine = kswgd.koopman(walk, 4)
    theirs = program("koopman", files / "walk.npy", "--lag", 4)
    assert np.array_equal(mine.mu, [complex(*pair) for pair in theirs["mu"]])
    mine = kswgd.vamp(walk, 4)
    theirs = program("vamp", files / "walk.npy", "--lag", 4)
    assert mine.cross_validated.tolist() == theirs["cross_validated"] and mine.best == theirs["best"]
    weights = kswgd.reweight(walk, 10)
    program("reweight", files / "walk.npy", "--lag", 10, "-o", files / "weights.npy")
    assert np.array_equal(weights, np.load(files / "weights.npy")[:, 0])


def test_committor_expectation_survival_and_intervals(files, program, well):
    model = kswgd.Generator().fit(well)
    model.save(files / "model.h5")
    q = kswgd.committor(model, well, ((-1, -1), 0.3), ((1, 1), 0.3))
    theirs = program("committor", files / "model.h5", files / "well.npy", "--from=-1,-1:.3", "--to=1,1:.3", "-o", files / "q.npy")
    assert np.array_equal(q.q, np.load(files / "q.npy")[:, 0])
    assert (q.rate, q.rate_error, q.low, q.high) == (theirs["rate"], theirs["rate_error"], theirs["low"], theirs["high"])
    np.save(files / "f.npy", well[:, :1])
    mine = kswgd.kinetics.expect(model, well, well[:, 0], [0.1, 1])
    program("expect", files / "model.h5", files / "well.npy", "--observable", files / "f.npy", "--times", "0.1,1", "-o", files / "e.npy")
    assert np.array_equal(mine, np.load(files / "e.npy"))
    mine = model.intervals(well, bootstrap=30)
    theirs = program("spectrum", files / "model.h5", "--data", files / "well.npy", "--bootstrap", 30)
    assert mine["low"].tolist() == theirs["low"] and mine["high"].tolist() == theirs["high"]
    killing = well[:, 0] ** 2
    np.save(files / "c.npy", killing[:, None])
    killed = kswgd.Generator().fit(well, killing=killing)
    program("fit", files / "well.npy", "-o", files / "killed.h5", "--killing", files / "c.npy")
    theirs = program("survival", files / "killed.h5", "--times", "0.1,1")
    assert kswgd.kinetics.survival(killed, [0.1, 1]).tolist() == theirs["survival"]


def test_scores_and_systems(files, program, well):
    reference = kswgd.datasets.exact("quadruple-well", 4000, random_state=9)
    np.save(files / "reference.npy", reference)
    mine = kswgd.score(well, reference, random_state=6)
    theirs = program("score", files / "well.npy", "--reference", files / "reference.npy", "--seed", 6)
    for name in ("sliced_wasserstein", "mmd", "energy_distance"):
        assert getattr(mine, name)._asdict() == theirs["metrics"][name]
        assert getattr(mine.standardised, name)._asdict() == theirs["standardised"][name]
    assert mine.worst_ks == theirs["worst_column"]["ks"]
    program("simulate", "quadruple-well", "--exact", "--samples", 4000, "--seed", 9, "-o", files / "exact.npy")
    assert np.array_equal(reference, np.load(files / "exact.npy"))
    program("simulate", "double-well", "--samples", 300, "--trajectories", 2, "--dt", 0.05, "--temperature", 0.5, "--seed", 2, "-o", files / "walks.h5")
    mine = kswgd.datasets.simulate("double-well", 300, trajectories=2, dt=0.05, temperature=0.5, random_state=2)
    with h5py.File(files / "walks.h5", "r") as file:
        for k, name in enumerate(sorted(file["trajectories"])):
            assert np.array_equal(mine[k], file["trajectories"][name][()])


def test_trajectories(files, program):
    """A list of arrays is what a file of trajectories is, whatever their layout."""
    walks = kswgd.datasets.simulate("double-well", 1500, trajectories=3, dt=0.05, random_state=8)
    program("simulate", "double-well", "--samples", 1500, "--trajectories", 3, "--dt", 0.05, "--seed", 8, "-o", files / "walks.h5")
    program("fit", files / "walks.h5", "--lag", 5, "-o", files / "theirs.h5")
    layouts = [walks[0], np.ascontiguousarray(walks[1]), walks[2][::-1][::-1]]
    kswgd.Edmd(lag=5, dt=0.05).fit(layouts).save(files / "mine.h5")
    assert_same_files(files / "mine.h5", files / "theirs.h5")


# Options: the names and defaults of the program.

RENAMED = {"random_state": "seed", "verbose": "quiet"}
OF_THE_CALL = {"keep_sums", "update", "estimator", "json", "help", "output", "dataset", "columns", "layout", "weights", "stride", "tilt", "killing", "memory", "dry_run", "seed", "quiet"}


def options_of(command):
    """Long options of a command and their defaults (None where the help names none), read from its help: `--name TYPE=default`."""
    text = subprocess.run([sys.executable, "-m", "kswgd", command, "--help"], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        option = re.match(r"  (?:-\w,)?--([a-z][a-z0-9-]*)(?: (\S+))?", line)
        if option:
            kind = option[2] or ""
            found[option[1].replace("-", "_")] = kind.rsplit("=", 1)[1].strip("[]") if "=" in kind else None
    return found


def compare(options, parameters, none_of_program=()):
    for name, parameter in parameters.items():
        if name in none_of_program:
            continue
        option = RENAMED.get(name, name)
        assert option in options, f"the program has no --{option}"
        if options[option] is None:
            assert parameter.default in (None, False, 0, inspect.Parameter.empty) or parameter.default == 1, name
        else:
            assert str(parameter.default).strip("()").replace(" ", "") == options[option], name


def test_defaults_of_estimators():
    options = options_of("fit")
    assert options["modes"] == "32" and options["dictionary"] == "gaussian"  # the help was understood
    seen = set()
    for kind in (kswgd.Generator, kswgd.Edmd, kswgd.DiffusionMap):
        parameters = {n: p for n, p in inspect.signature(kind.__init__).parameters.items() if n != "self"}
        compare(options, parameters)
        seen |= {RENAMED.get(n, n) for n in parameters}
    assert set(options) - seen - OF_THE_CALL == set(), "the program's fit has options that Python has not"


@pytest.mark.parametrize(
    "command, function, own",
    [
        ("sample", kswgd.Generator.sample, {"self", "n", "given", "path", "return_report"}),
        ("timescales", kswgd.timescales, {"X", "sample_weight", "confidence"}),
        ("chapman-kolmogorov", kswgd.chapman_kolmogorov, {"X", "sample_weight", "confidence"}),
        ("koopman", kswgd.koopman, {"X", "sample_weight"}),
        ("vamp", kswgd.vamp, {"X", "sample_weight"}),
        ("reweight", kswgd.reweight, {"X", "sample_weight", "return_notes"}),
        ("score", kswgd.score, {"samples", "reference", "samples_weight", "reference_weight"}),
        ("simulate", kswgd.datasets.simulate, {"system"}),
        ("simulate", kswgd.Generator.simulate, {"self"}),
        ("states", kswgd.states, {"model", "X", "count", "points", "sample_weight"}),
        ("spectrum", kswgd.Generator.intervals, {"self", "X", "confidence"}),
    ],
)
def test_defaults_of_functions(command, function, own):
    compare(options_of(command), inspect.signature(function).parameters, own)


def test_the_program_refuses(program):
    assert "kswgd: error:" in program("fit", "/no/such/file.npy", "-o", "/tmp/never.h5", status=2)
