# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Questions of trajectories, and of models: time scales, the Chapman-Kolmogorov check, Koopman pairs, VAMP, equilibrium weights, committors and rates.

Trajectories are a list of T x d arrays, or one such array. Names, defaults and numbers are those of the program's commands.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from . import _arrays as arrays
from ._native import core
from ._progress import progress
from .estimators import MOST_FEATURES, MOST_MODES, _share


@dataclasses.dataclass(frozen=True)
class ImpliedTimescales:
    """Implied time scales over lags. Rows are lags, columns modes; NaN where noise is all there is."""

    lags: np.ndarray  #: in the unit of time
    lags_in_steps: list[int]
    timescales: np.ndarray
    low: np.ndarray  #: of the intervals; NaN without bootstrap
    high: np.ndarray
    blocks: list[int]
    unit: str  #: "time", or "steps" where no dt was given
    notes: list[str]


@dataclasses.dataclass(frozen=True)
class ChapmanKolmogorov:
    """Autocorrelations of the leading modes at multiples of the lag: predicted from one lag, and found. Rows are lags, columns modes."""

    lags: np.ndarray
    lags_in_steps: list[int]
    predicted: np.ndarray
    estimated: np.ndarray
    low: np.ndarray  #: interval of estimated - predicted; NaN without bootstrap
    high: np.ndarray
    unit: str


@dataclasses.dataclass(frozen=True)
class KoopmanPairs:
    """Pairs of plain EDMD: the constant first, then |mu| descends."""

    mu: np.ndarray  #: complex
    rates: np.ndarray  #: -log(mu) / lag: decay rate and angular velocity, in 1 / time
    lag: float
    features: int
    unit: str
    notes: list[str]


@dataclasses.dataclass(frozen=True)
class VampScore:
    """VAMP-2 for each level of the dictionary."""

    features: list[int]
    cross_validated: np.ndarray
    standard_error: np.ndarray
    in_sample: np.ndarray
    best: int  #: index of the level with the largest cross-validated score


@dataclasses.dataclass(frozen=True)
class Committor:
    """The probability to reach B before A, and the rate of transitions."""

    q: np.ndarray  #: at the points, in [0, 1]
    rate: float  #: transitions from A to B per unit of time, in the unit of the eigenvalues
    rate_error: float
    low: float  #: of the rate's 90 % interval
    high: float
    in_sample: float  #: too small
    cross_fitted: float  #: too large
    mean_in_a: float
    mean_in_b: float
    cut: int  #: values that were outside [0, 1]
    furthest: float  #: and by how much at most
    interleaved: bool


def _basis(features, bandwidth, manifold, random_state):
    return core().Basis(
        arrays.count(features, "features", 1, MOST_FEATURES), arrays.bandwidth(bandwidth), arrays.text(manifold, "manifold"), arrays.seed(random_state)
    )


def _frames(X, sample_weight, dt):
    return arrays.rows(X, sample_weight, frames=True, dt=dt)


def _unit(dt):
    return "steps" if dt is None else "time"


def timescales(
    X,
    lags=(1, 2, 5, 10),
    *,
    modes=5,
    bootstrap=0,
    confidence=0.9,
    features=400,
    bandwidth="auto",
    manifold="euclidean",
    dt=None,
    sample_weight=None,
    random_state=0,
    verbose=False,
) -> ImpliedTimescales:
    """Implied time scales -tau / log(mu) of reversible EDMD at each lag (in steps), with intervals from `bootstrap` block replicates: `kswgd timescales`."""
    rows = _frames(X, sample_weight, dt)
    steps = [arrays.count(lag, "each of lags") for lag in np.atleast_1d(np.asarray(lags, dtype=object))]
    if not steps:
        raise ValueError("lags must name one lag or more")
    with progress("time scales", verbose) as hears:
        found = core().timescales(
            rows,
            steps,
            _basis(features, bandwidth, manifold, random_state),
            arrays.count(modes, "modes", 1, MOST_MODES),
            arrays.count(bootstrap, "bootstrap", 0, 10**6),
            _share(confidence, "confidence"),
            hears,
        )
    note = found.pop("note")
    return ImpliedTimescales(lags=np.asarray(found["lags_in_steps"]) * rows.dt, unit=_unit(dt), notes=[note] if note else [], **found)


def chapman_kolmogorov(
    X,
    lag,
    *,
    multiples=5,
    modes=5,
    bootstrap=0,
    confidence=0.9,
    features=400,
    bandwidth="auto",
    manifold="euclidean",
    dt=None,
    sample_weight=None,
    random_state=0,
    verbose=False,
) -> ChapmanKolmogorov:
    """Whether the modes at a lag are Markovian: mode k decays as mu_k^m over m lags. `kswgd chapman-kolmogorov`."""
    rows = _frames(X, sample_weight, dt)
    with progress("Chapman-Kolmogorov", verbose) as hears:
        found = core().chapman_kolmogorov(
            rows,
            arrays.count(lag, "lag"),
            arrays.count(multiples, "multiples", 2, 1000),
            _basis(features, bandwidth, manifold, random_state),
            arrays.count(modes, "modes", 1, MOST_MODES),
            arrays.count(bootstrap, "bootstrap", 0, 10**6),
            _share(confidence, "confidence"),
            hears,
        )
    return ChapmanKolmogorov(lags=np.asarray(found["lags_in_steps"]) * rows.dt, unit=_unit(dt), **found)


def koopman(
    X, lag, *, modes=5, features=100, bandwidth="auto", manifold="euclidean", dt=None, sample_weight=None, random_state=0
) -> KoopmanPairs:
    """Plain EDMD with complex pairs, for data without detailed balance: `kswgd koopman`."""
    rows = _frames(X, sample_weight, dt)
    steps = arrays.count(lag, "lag")
    found = core().koopman(rows, steps, _basis(features, bandwidth, manifold, random_state), 5, arrays.count(modes, "modes", 1, MOST_MODES))
    note = found.pop("note")
    mu, rates = np.asarray(found["mu"], dtype=complex), np.asarray(found["rates"], dtype=complex)
    return KoopmanPairs(mu=mu, rates=rates, lag=steps * rows.dt, features=found["features"], unit=_unit(dt), notes=[note] if note else [])


def vamp(X, lag, *, modes=5, folds=5, features=100, bandwidth="auto", manifold="euclidean", sample_weight=None, random_state=0) -> VampScore:
    """VAMP-2 of the dictionary's levels by cross-validation (Wu, Noe 2020): `kswgd vamp`."""
    rows = _frames(X, sample_weight, None)
    return VampScore(
        **core().vamp(
            rows,
            arrays.count(lag, "lag"),
            _basis(features, bandwidth, manifold, random_state),
            arrays.count(folds, "folds", 2, 1000),
            arrays.count(modes, "modes", 1, MOST_MODES),
        )
    )


def reweight(X, lag, *, features=100, bandwidth="auto", manifold="euclidean", sample_weight=None, random_state=0, return_notes=False):
    """Weights (mean 1, one for each frame) that turn frames of short trajectories into the equilibrium law: `kswgd reweight`.

    They are the sample_weight of a Generator. ValueError where the trajectories do not connect what they visit. return_notes: a pair of the
    weights and of sentences on what is doubtful.
    """
    rows = _frames(X, sample_weight, None)
    weights, notes = core().reweight(rows, arrays.count(lag, "lag"), _basis(features, bandwidth, manifold, random_state))
    return (weights, notes) if return_notes else weights


def diffusion_matrix(X, shape="full", *, dt=None, sample_weight=None) -> np.ndarray:
    """The constant diffusion matrix of trajectories, d x d, in length^2 / time, from their quadratic variation; shape: "full" or "isotropic"."""
    rows = _frames(X, sample_weight, dt)
    return core().diffusion(rows, arrays.word(shape, "shape", ("isotropic", "full"))).reshape(rows.dimension, rows.dimension)


def _set(where, rows, manifold, name):
    """A set of rows: (centre, radius) of a ball, or a truth value for each row."""
    if isinstance(where, (tuple, list)) and len(where) == 2 and np.ndim(where[1]) == 0 and np.ndim(where[0]) <= 1:
        centre = arrays.numbers(where[0], f"the centre of {name}")
        if len(centre) == rows.dimension:
            return core().in_ball(rows, manifold, centre, arrays.positive(where[1], f"the radius of {name}"))
        if rows.size != 2:
            raise ValueError(f"the centre of {name} has {len(centre)} coordinates, the points have {rows.dimension}")
    mask = np.asarray(where)
    if mask.dtype != np.bool_ or mask.shape != (rows.size,):
        raise ValueError(f"{name} must be (centre, radius) or {rows.size} truth values, got an array of {mask.dtype} and shape {mask.shape}")
    return [bool(m) for m in mask]


def committor(model, X, source, target, *, points=None, sample_weight=None, penalty=1e4, confidence=0.9, random_state=0) -> Committor:
    """The probability to reach `target` (B) before `source` (A), at `points` (default: X), and the rate of transitions: `kswgd committor`.

    model: a fitted Generator (or DiffusionMap) of unit diffusion. X: the points of its fit, whose weights then count without a word. source, target: (centre,
    radius) of a ball, measured on the manifold, or a truth value for each row of X.
    """
    fitted, rows = model._at(X)
    rows = arrays.rows(X, sample_weight)
    at = rows if points is None else model._at(points, "points")[1]
    manifold = fitted.info()["manifold"]
    a, b = (_set(where, rows, manifold, name) for where, name in ((source, "source"), (target, "target")))
    return Committor(
        **core().committor(
            fitted,
            rows,
            a,
            b,
            at,
            arrays.positive(penalty, "penalty"),
            _share(confidence, "confidence"),
            arrays.seed(random_state),
        )
    )


def expect(model, X, observable, times, *, points=None, sample_weight=None) -> np.ndarray:
    """E[f(X_t) | X_0 = x] at `points` (default: X) and times, n x times: `kswgd expect`. observable: f at the rows of X."""
    fitted, rows = model._at(X)
    rows = arrays.rows(X, sample_weight)
    at = rows if points is None else model._at(points, "points")[1]
    return core().expect(fitted, rows, arrays.column(observable, "observable", rows.size), arrays.numbers(times, "times", 0), at)[0]


def survival(model, times, *, points=None) -> np.ndarray:
    """P(alive at t) of a model that was fitted with a killing rate, for starts from the law of the data, or from `points` (n x times): `kswgd survival`."""
    at = None if points is None else model._at(points, "points")[1]
    return core().survival(model._fitted(), arrays.numbers(times, "times", 0), at)
