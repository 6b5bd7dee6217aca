# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Questions of trajectories, and of models: time scales, the Chapman-Kolmogorov check, Koopman pairs, VAMP, equilibrium weights, committors, rates
and metastable states.

Names, defaults and numbers are those of the program's commands. What functions of trajectories have in common:

X : a list of T x d arrays, one for each trajectory, or one such array
lag, lags : in steps of the trajectories
modes : how many processes beside the stationary one
bootstrap : replicates of blocks for the intervals; 0: none
confidence : of the intervals
features : landmarks of the finest level at most
bandwidth : width of the finest Gaussians in the data's unit, or "auto"
manifold : as in Generator
dt : time between rows; None: times are in steps
sample_weight : a weight for each row, or a list of arrays, one for each trajectory
random_state : the seed
verbose : progress on stderr
"""

from __future__ import annotations

import dataclasses

import numpy as np

from . import _arrays as arrays
from ._native import core
from ._progress import progress
from .estimators import MOST_FEATURES, MOST_MODES, _a_model, _share


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


@dataclasses.dataclass(frozen=True)
class Rate:
    """A rate per unit of time (of length^2, for unit diffusion), with its interval."""

    rate: float
    rate_error: float
    low: float
    high: float

    @property
    def mean_first_passage_time(self) -> float:
        return 1 / self.rate


@dataclasses.dataclass(frozen=True)
class Rates:
    """Transitions between two sets A and B."""

    forward: Rate  #: the rate constant from A to B: 1 over the mean first passage time
    backward: Rate
    flux: Rate  #: transitions one way
    from_a: float  #: the share of time in which the process comes from A
    interleaved: bool


@dataclasses.dataclass(frozen=True)
class States:
    """Metastable states, m of them."""

    memberships: np.ndarray  #: n x m, rows add up to 1
    populations: np.ndarray
    population_errors: np.ndarray
    rates: np.ndarray  #: m x m, rows add up to 0; -1 / rates[j, j] is the mean life time
    rate_errors: np.ndarray
    crispness: float  #: 1 for states that are sets


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
    bootstrap=100,
    confidence=0.9,
    features=400,
    bandwidth="auto",
    manifold="euclidean",
    dt=None,
    sample_weight=None,
    random_state=0,
    verbose=False,
) -> ImpliedTimescales:
    """Implied time scales -tau / log(mu) of reversible EDMD at each lag: `kswgd timescales`.

    X: a list of T x d trajectories, or one. lags: in steps. modes: processes, the slowest first. bootstrap: block replicates for the intervals (0: none), of this
    confidence. features: landmarks at most; bandwidth ("auto" or a width) and manifold as in Generator. dt: time between rows (None: times are in steps).
    sample_weight: one for each row. random_state: the seed. verbose: progress. Where noise is all there is a time scale is NaN.
    """
    rows = _frames(X, sample_weight, dt)
    steps = arrays.counts(lags, "lags")
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
    bootstrap=100,
    confidence=0.9,
    features=400,
    bandwidth="auto",
    manifold="euclidean",
    dt=None,
    sample_weight=None,
    random_state=0,
    verbose=False,
) -> ChapmanKolmogorov:
    """Whether the modes at a lag are Markovian: mode k decays as mu_k^m over m lags. `kswgd chapman-kolmogorov`.

    lag: in steps. multiples: lags 1, ..., multiples times as long are looked at. X, modes, bootstrap, confidence, features, bandwidth, manifold, dt,
    sample_weight, random_state, verbose: as in timescales.
    """
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
    """Plain EDMD with complex pairs, for data without detailed balance: `kswgd koopman`. lag: in steps. X, modes, features, bandwidth, manifold, dt, sample_weight,
    random_state: as in timescales."""
    rows = _frames(X, sample_weight, dt)
    steps = arrays.count(lag, "lag")
    found = core().koopman(rows, steps, _basis(features, bandwidth, manifold, random_state), 5, arrays.count(modes, "modes", 1, MOST_MODES))
    note = found.pop("note")
    mu, rates = np.asarray(found["mu"], dtype=complex), np.asarray(found["rates"], dtype=complex)
    return KoopmanPairs(mu=mu, rates=rates, lag=steps * rows.dt, features=found["features"], unit=_unit(dt), notes=[note] if note else [])


def vamp(X, lag, *, modes=5, folds=5, features=100, bandwidth="auto", manifold="euclidean", sample_weight=None, random_state=0) -> VampScore:
    """VAMP-2 of the dictionary's levels by cross-validation (Wu, Noe 2020): `kswgd vamp`. lag: in steps. folds: of the cross-validation, stretches of time. X, modes,
    features, bandwidth, manifold, sample_weight, random_state: as in timescales."""
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

    They are the sample_weight of a Generator. ValueError where the trajectories do not connect what they visit. lag: in steps. X, features, bandwidth, manifold,
    sample_weight, random_state: as in timescales. return_notes: a pair of the weights and of sentences on what is doubtful.
    """
    rows = _frames(X, sample_weight, None)
    weights, notes = core().reweight(rows, arrays.count(lag, "lag"), _basis(features, bandwidth, manifold, random_state))
    return (weights, notes) if return_notes else weights


def diffusion_matrix(X, shape="full", *, dt=None, sample_weight=None, return_error=False):
    """The constant diffusion matrix of trajectories, d x d, in length^2 / time, from their quadratic variation; shape: "full" or "isotropic". X, dt, sample_weight: as in timescales.
    return_error: a pair of it and of the standard errors of its diagonal. ValueError where the quadratic variation levels off at no lag."""
    rows = _frames(X, sample_weight, dt)
    matrix, error, _ = core().diffusion(rows, arrays.word(shape, "shape", ("isotropic", "full")))
    matrix = matrix.reshape(rows.dimension, rows.dimension)
    return (matrix, error) if return_error else matrix


def _fitted_rows(model, X, sample_weight, dt):
    """The data of the fit, as the commands of the program read them."""
    fitted, _ = _a_model(model)._at(X)
    frames = model._info["estimator"] == "edmd"
    return fitted, arrays.rows(X, sample_weight, frames=frames, dt=getattr(model, "dt", None) if dt is None else dt)


def _set(where, fitted, rows, name):
    """A set of rows: (centre, radius) of a ball, (low, high) of a box, or a truth value for each row."""
    if isinstance(where, (tuple, list)) and len(where) == 2:
        first, second = where
        if np.ndim(second) == 0 and not isinstance(second, (bool, np.bool_)):
            centre = arrays.numbers(first, f"the centre of {name}")
            if len(centre) != rows.dimension:
                raise ValueError(f"the centre of {name} has {len(centre)} coordinates, the points have {rows.dimension}")
            return core().in_set(fitted, rows, centre, [], arrays.positive(second, f"the radius of {name}"))
        if np.shape(first) == np.shape(second) == (rows.dimension,):
            bounds = [np.asarray(part, dtype=float) for part in (first, second)]
            if np.isnan(bounds).any():
                raise ValueError(f"the bounds of {name} must be numbers (infinity for none), got {where!r}")
            return core().in_set(fitted, rows, *(part.tolist() for part in bounds), 0.0)
    return _mask(where, rows, name)


def _mask(where, rows, name):
    each = arrays.is_columns(where)  # one for each trajectory
    if each:
        arrays.of_each_trajectory(where, name, rows.lengths)
    try:
        mask = np.concatenate([np.asarray(part) for part in where]) if each else np.asarray(where)
    except Exception:  # whatever an object of somebody else raises
        mask = np.empty(0)
    if mask.dtype != np.bool_ or mask.shape != (rows.size,):
        raise ValueError(
            f"{name} must be (centre, radius), (low, high) or {rows.size} truth values, one for each row; got an array of {mask.dtype} and shape {mask.shape}"
        )
    return mask.tolist()


def _sets(sets, fitted, rows, at):
    """The sets among the rows, and among other points, where they are known there."""
    names = ("source", "target")
    inside = [_set(where, fitted, rows, name) for where, name in zip(sets, names)]
    if at is rows:
        return inside, inside
    shapes = [isinstance(where, (tuple, list)) and len(where) == 2 for where in sets]
    return inside, [_set(where, fitted, at, name) if shape else None for where, name, shape in zip(sets, names, shapes)]


def _transitions(model, X, source, target, points, sample_weight, penalty, confidence, dt, random_state, with_values):
    fitted, rows = _fitted_rows(model, X, sample_weight, dt)
    at = rows if points is None else model._at(points, "points")[1]
    inside, known = _sets((source, target), fitted, rows, at)
    found = core().committor(
        fitted,
        rows,
        *inside,
        at if with_values else None,
        *(known if with_values else (None, None)),
        arrays.positive(penalty, "penalty"),
        _share(confidence, "confidence"),
        arrays.seed(random_state),
    )
    return found


def committor(model, X, source, target, *, points=None, sample_weight=None, penalty=1e4, confidence=0.9, dt=None, random_state=0) -> Committor:
    """The probability to reach `target` (B) before `source` (A), at `points` (default: X), and the rate of transitions: `kswgd committor`.

    model: a fitted Generator (or DiffusionMap), with or without a diffusion matrix, or an Edmd. X: the data of its fit, whose weights then count without a
    word, as does its dt. source, target: (centre, radius) of a ball, (low, high) of a box, both measured on the manifold, or a truth value for each row of X (a list
    of arrays for trajectories). sample_weight: one for each row. penalty: how strongly q is held at 0 and 1 in the sets, for models of samples. confidence: of
    the interval. dt: time between rows (None: the model's). random_state: the seed of what is drawn for the error.
    """
    found = _transitions(model, X, source, target, points, sample_weight, penalty, confidence, dt, random_state, True)
    return Committor(**{name: found[name] for name in Committor.__dataclass_fields__})


def rates(model, X, source, target, *, sample_weight=None, penalty=1e4, confidence=0.9, dt=None, random_state=0) -> Rates:
    """Rate constants and mean first passage times between two sets, with intervals: `kswgd rates`. model, X, source, target, sample_weight,
    penalty, confidence, dt, random_state: as in committor."""
    found = _transitions(model, X, source, target, None, sample_weight, penalty, confidence, dt, random_state, False)
    return Rates(
        forward=Rate(**found["forward"]),
        backward=Rate(**found["backward"]),
        flux=Rate(found["rate"], found["rate_error"], found["low"], found["high"]),
        from_a=found["from_a"],
        interleaved=found["interleaved"],
    )


def states(model, X, count=None, *, points=None, sample_weight=None, dt=None) -> States:
    """Metastable states by PCCA+ (Roeblitz, Weber 2013), `count` of them (None: by the largest gap between time scales), and the rates between
    them: `kswgd states`. model, X, sample_weight, dt: as in committor; points: where memberships are wanted (default: X)."""
    fitted, rows = _fitted_rows(model, X, sample_weight, dt)
    at = None if points is None else model._at(points, "points")[1]
    return States(**core().states(fitted, rows, arrays.count_or(count, "count", 0, 2, 20), at))


def expect(model, X, observable, times, *, points=None, sample_weight=None) -> np.ndarray:
    """E[f(X_t) | X_0 = x] at `points` (default: X) and times, n x times: `kswgd expect`. observable: f at the rows of X. times: in the unit of 1 /
    eigenvalues. model, X, sample_weight: as in committor."""
    if observable is None:
        raise ValueError("observable is None: a number for each row of X is needed")
    fitted, rows = _fitted_rows(model, X, sample_weight, None)
    at = rows if points is None else model._at(points, "points")[1]
    return core().expect(fitted, rows, arrays.column(observable, "observable", rows.size, lengths=rows.lengths), arrays.numbers(times, "times", 0), at)[0]


def survival(model, times, *, points=None) -> np.ndarray:
    """P(alive at t) of a model that was fitted with a killing rate, for starts from the law of the data, or from `points` (n x times): `kswgd survival`. times: in
    the unit of 1 / eigenvalues."""
    at = None if points is None else _a_model(model)._at(points, "points")[1]
    return core().survival(_a_model(model)._fitted(), arrays.numbers(times, "times", 0), at)
