# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""200 odd arrays for each function: an answer whose numbers are finite or said not to be, or a sentence; never anything else."""

import dataclasses
import subprocess
import sys
import warnings

import numpy as np
import pytest

import kswgd

COUNT = 200


def odd_array(number):
    """The same array for the same number: shape, type, layout and values at random, the odd ones often."""
    rng = np.random.default_rng(number)
    n, d = rng.choice([0, 1, 2, 3, 5, 19, 20, 21, 40, 90]), rng.choice([0, 1, 1, 2, 2, 3, 3, 3, 4, 7])
    kind = rng.choice(["normal", "lattice", "constant", "column", "huge", "tiny", "far", "clusters", "repeated", "line", "heavy"])
    x = rng.normal(size=(n, d))
    if kind == "lattice":
        x = np.round(x)
    elif kind == "constant":
        x = np.full((n, d), 3.0)
    elif kind == "column" and d:
        x[:, 0] = 1e5
    elif kind == "huge":
        x = x * 10.0 ** rng.integers(100, 308)
    elif kind == "tiny":
        x = x * 10.0 ** -rng.integers(100, 320)
    elif kind == "far":
        x = x + 1e15
    elif kind == "clusters":
        x = x * 1e-6 + rng.integers(0, 3, size=(n, 1))
    elif kind == "repeated" and n:
        x = x[rng.integers(0, max(1, n // 6), size=n)]
    elif kind == "line" and d:
        x = x[:, :1] * np.arange(1, d + 1)
    elif kind == "heavy":
        x = rng.standard_cauchy(size=(n, d)) ** 3
    poison = rng.random()
    if x.size and poison < 0.15:
        with np.errstate(all="ignore"):
            x.flat[rng.integers(x.size)] = rng.choice([np.nan, np.inf, -np.inf, 5e-324, -0.0, 1.7976931348623157e308])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        x = x.astype(rng.choice(["f8", "f8", "f8", "f4", "f2", ">f8", "g", "i4", "u1", "i8", "?", "O", "c16", "U8"]))
    layout = rng.choice(["C", "F", "backwards", "strided", "read only", "masked", "list", "vector", "cube", "scalar", "broadcast", "trajectories", "none"],
                        p=[0.25, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05, 0.04, 0.04, 0.02, 0.05, 0.08, 0.02])  # fmt: skip
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "backwards":
        return x[::-1, ::-1]
    if layout == "strided":
        return np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3]
    if layout == "read only":
        x.flags.writeable = False
    if layout == "masked" and x.dtype.kind in "fiu":
        return np.ma.masked_array(x, mask=np.random.default_rng(number).random(x.shape) < 0.02)
    if layout == "list":
        return x.tolist()
    if layout == "vector":
        return x.ravel()
    if layout == "cube":
        return x[None]
    if layout == "scalar":
        return x.ravel()[0] if x.size else np.float64(3)
    if layout == "broadcast" and n:
        return np.broadcast_to(x[:1], x.shape)
    if layout == "trajectories" and n > 1:
        return [x[: n // 2], x[n // 2 :]]
    return None if layout == "none" else x


GOOD = np.random.default_rng(0).normal(size=(60, 3))


def functions(models):
    generator, edmd, killed = models
    return {
        "Generator.fit": lambda x: kswgd.Generator(modes=4).fit(x).eigenvalues_,
        "Generator.fit weights": lambda x: kswgd.Generator(modes=4).fit(GOOD, sample_weight=x).eigenvalues_,
        "Generator.fit killing": lambda x: kswgd.Generator(modes=4).fit(GOOD, killing=x).eigenvalues_,
        "Generator.fit tilt": lambda x: kswgd.Generator(modes=4).fit(GOOD, tilt=x).eigenvalues_,
        "Generator.fit diffusion": lambda x: kswgd.Generator(modes=4, diffusion=x).fit(GOOD).eigenvalues_,
        "Generator.fit and sample": lambda x: kswgd.Generator(modes=4).fit(x).sample(15),
        "Edmd.fit": lambda x: kswgd.Edmd(modes=4).fit(x).eigenvalues_,
        "DiffusionMap.fit": lambda x: kswgd.DiffusionMap(modes=3).fit(x).eigenvalues_,
        "evaluate": lambda x: generator.evaluate(x, gradients=True),
        "transform": lambda x: edmd.transform(x),
        "sample start": lambda x: generator.sample(10, start=x),
        "score of a model": lambda x: generator.score(x),
        "score of edmd": lambda x: edmd.score(x),
        "intervals": lambda x: generator.intervals(x, bootstrap=10, blocks=10),
        "timescales": lambda x: kswgd.timescales(x, lags=[1, 2], modes=2, bootstrap=5).lags,
        "chapman_kolmogorov": lambda x: kswgd.chapman_kolmogorov(x, 1, multiples=2, modes=2).lags,
        "koopman": lambda x: kswgd.koopman(x, 1).mu,
        "vamp": lambda x: kswgd.vamp(x, 1, folds=2).in_sample,
        "reweight": lambda x: kswgd.reweight(x, 1),
        "diffusion_matrix": lambda x: kswgd.kinetics.diffusion_matrix(x),
        "committor": lambda x: kswgd.committor(generator, GOOD, (np.zeros(3) - 1, 1.0), (np.zeros(3) + 1, 1.0), points=x).q,
        "committor sets": lambda x: kswgd.committor(generator, GOOD, x, (np.zeros(3) + 1, 1.0)).q,
        "rates": lambda x: kswgd.rates(generator, GOOD, x, ([0.5, -9, -9], [9, 9, 9])).flux,
        "states": lambda x: kswgd.states(generator, GOOD, 2, points=x).memberships,
        "log_density": lambda x: generator.log_density(x),
        "gradient_log_density": lambda x: generator.gradient_log_density(x),
        "sample given": lambda x: generator.sample(5, given={0: x}),
        "expect": lambda x: kswgd.kinetics.expect(generator, GOOD, x, [0.5]),
        "survival": lambda x: kswgd.kinetics.survival(killed, [0.5], points=x),
        "survival times": lambda x: kswgd.kinetics.survival(killed, x),
        "score": lambda x: kswgd.score(x, GOOD, repeats=2),
        "score reference": lambda x: kswgd.score(GOOD, x, repeats=2),
        "sliced_wasserstein": lambda x: kswgd.metrics.sliced_wasserstein(x, GOOD, directions=5),
        "energy_distance": lambda x: kswgd.metrics.energy_distance(x, x),
        "mmd": lambda x: kswgd.metrics.mmd(GOOD, x),
        "memorisation_ratio": lambda x: kswgd.metrics.memorisation_ratio(x, GOOD, GOOD + 0.1),
        "classifier_test": lambda x: kswgd.metrics.classifier_test(x, GOOD),
    }


NAMES = list(functions((None, None, None)))
#: Values that overflow may be infinite where points are: scores of numbers near the largest double, eigenfunctions far outside.
MAY_OVERFLOW = {"evaluate", "score of a model", "timescales", "score", "score reference", "log_density", "gradient_log_density"}


def leaves(value):
    if dataclasses.is_dataclass(value):
        value = list(vars(value).values())
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from leaves(part)
    else:
        yield np.asarray(value)


def throw_arrays(name):
    """Run in a process of its own, so that a crash is seen as one. Prints how many were answered and refused."""
    warnings.simplefilter("ignore")
    killed = kswgd.Generator(modes=4).fit(GOOD, killing=GOOD[:, 0] ** 2)
    function = functions((kswgd.Generator(modes=4).fit(GOOD), kswgd.Edmd(modes=4).fit(GOOD), killed))[name]
    answered = refused = 0
    for number in range(COUNT):
        x = odd_array(number)
        try:
            result = function(x)
        except (ValueError, TypeError, kswgd.Failure) as error:
            refused += 1
            assert len(str(error)) > 10, (number, repr(error))
            continue
        answered += 1
        for leaf in leaves(result):
            assert name in MAY_OVERFLOW or np.isfinite(leaf.astype(complex)).all() or np.isnan(leaf.astype(float)).any(), (number, leaf)
        # What is refused elsewhere is not answered here.
        content = np.ma.asarray(x[0] if isinstance(x, list) and x and hasattr(x[0], "shape") else x)
        assert content.dtype.kind not in "cUSV", number
        if content.dtype.kind == "f" and name not in ("committor sets", "rates"):
            assert np.isfinite(np.ma.getdata(content)).all() and not np.ma.getmaskarray(content).any(), number
    print(answered, refused)


@pytest.mark.parametrize("name", NAMES)
def test_never_a_crash_never_a_silent_wrong_result(name):
    done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    answered, refused = map(int, done.stdout.split()[-2:])
    assert answered + refused == COUNT and refused > 0


if __name__ == "__main__":
    throw_arrays(sys.argv[1])
