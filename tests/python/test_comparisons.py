# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Beside deeptime: on its own double well, whose time scales are known, and on a molecule. Skipped, and said so, where deeptime is missing."""

import pathlib
import time

import numpy as np
import pytest

import kswgd

deeptime = pytest.importorskip("deeptime")
h5py = pytest.importorskip("h5py")
from deeptime.clustering import KMeans  # noqa: E402
from deeptime.markov import TransitionCountEstimator  # noqa: E402
from deeptime.markov.msm import BayesianMSM  # noqa: E402

MOLECULE = pathlib.Path(kswgd.__file__).parent / "program" / "share" / "kswgd" / "data" / "alanine_dihedrals.h5"


def markov_model(states, lag, count):
    """Time scales of a Markov state model, and the quantiles of its posterior that hold 90 %."""
    counts = TransitionCountEstimator(lag, "effective").fit(states).fetch_model().submodel_largest()
    model = BayesianMSM(n_samples=50).fit(counts).fetch_model()
    samples = np.array([sample.timescales(count) for sample in model.samples])
    return model.prior.timescales(count), *np.quantile(samples, [0.05, 0.95], axis=0)


def told(name, ours, theirs, seconds):
    print(f"{name}: kswgd {ours.timescales[0]} [{ours.low[0]}, {ours.high[0]}] {seconds[0]:.2f} s, deeptime {theirs[0]} [{theirs[1]}, {theirs[2]}] {seconds[1]:.2f} s")


def exact_timescale(kT, cells=1200):
    """The slowest of dx = -V' dt + sqrt(2 kT) dW in V = (x^2 - 1)^2, by finite differences on [-2.6, 2.6]."""
    x = np.linspace(-2.6, 2.6, cells)
    h = x[1] - x[0]
    energy = (x**2 - 1) ** 2 / kT
    between = ((x[:-1] + h / 2) ** 2 - 1) ** 2 / kT
    out, back = (kT / h**2 * np.exp(energy[some] - between) for some in (slice(None, -1), slice(1, None)))
    matrix = np.diag(np.append(out, 0) + np.append(0, back)) - np.diag(np.sqrt(out * back), 1) - np.diag(np.sqrt(out * back), -1)
    return 1 / np.linalg.eigvalsh(matrix)[1]


@pytest.mark.filterwarnings("ignore")
def test_double_well_of_deeptime():
    """V = (x^2 - 1)^2 + y^2, and dX = -grad V dt + sqrt(kT / 2) dW: its temperature is a quarter of the factor. Frames are .1 apart."""
    lag, factor = 4, 2.0
    system = deeptime.data.double_well_2d(h=1e-3, n_steps=100, temperature_factor=factor)
    walks = [system.trajectory(np.array([[(-1.0) ** k, 0.0]]), 3000, seed=42 + k, n_jobs=1) for k in range(4)]
    exact = np.array([exact_timescale(factor / 4) / 0.1, 1 / 2 / 0.1])  # y is an Ornstein-Uhlenbeck process of rate 2
    begin = time.process_time()
    ours = kswgd.timescales(walks, lags=[lag], modes=2, bootstrap=100)
    middle = time.process_time()
    clusters = KMeans(60, max_iter=30, fixed_seed=1, n_jobs=1).fit(np.concatenate(walks)[::4]).fetch_model()
    theirs = markov_model([clusters.transform(walk) for walk in walks], lag, 2)
    told("double well, " + str(exact), ours, theirs, (middle - begin, time.process_time() - middle))
    assert np.all((ours.low[0] < exact) & (exact < ours.high[0]))
    assert np.all((ours.low[0] < theirs[2]) & (theirs[1] < ours.high[0]))  # intervals meet
    # Cells smear the slow function: a Markov state model's time scales are too short.
    assert abs(ours.timescales[0, 0] - exact[0]) < abs(theirs[0][0] - exact[0])


@pytest.mark.filterwarnings("ignore")
def test_molecule_beside_a_markov_state_model():
    """Dihedrals of alanine dipeptide at 5 ps."""
    lag, cells = 5, 14
    with h5py.File(MOLECULE) as file:
        frames = np.asarray(file["trajectories/0"][:30000], dtype=float)
    begin = time.process_time()
    ours = kswgd.timescales(frames, lags=[lag], modes=1, bootstrap=50, manifold="periodic:6.283185307179586,6.283185307179586")
    middle = time.process_time()
    cell = np.floor(frames % (2 * np.pi) / (2 * np.pi) * cells).astype(int)
    theirs = markov_model([cell[:, 0] * cells + cell[:, 1]], lag, 1)
    told("molecule", ours, theirs, (middle - begin, time.process_time() - middle))
    assert theirs[1][0] < ours.high[0, 0] and ours.low[0, 0] < theirs[2][0]
    assert ours.low[0, 0] < theirs[0][0] < ours.high[0, 0]
