# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Estimators with scikit-learn's manners, which need no scikit-learn. Parameters, defaults, numbers and files are those of the program's `fit` and `sample`."""

from __future__ import annotations

import dataclasses
import inspect
import math
import numbers
import os
import sys
import tempfile
import typing
import warnings

import numpy as np

from . import _arrays as arrays
from ._native import core
from ._progress import progress

MOST_FEATURES, MOST_MODES, MOST_POINTS = 10**6, 10**5, 10**12
FEWEST_ROWS = 3  # of a fit, in the library
SCORED_MODES = 10


class DoubtfulSamples(UserWarning):
    """The monitors of a flow say that its samples do not have the law of the data yet."""


class _NotFitted(ValueError, AttributeError):
    pass


def _not_fitted(message):
    exceptions = sys.modules.get("sklearn.exceptions")
    return (exceptions.NotFittedError if exceptions else _NotFitted)(message)


@dataclasses.dataclass(frozen=True)
class FlowReport:
    """How particles became samples, and whether these have the law of the data. See docs/method.md, Monitors."""

    steps: int
    evaluations: int  #: rejected trials included
    stop_reason: str
    level_reasons: list[str]
    rounds: int
    particles: int  #: that were moved: 2000 where fewer than 500 samples are drawn from them
    begun_again: bool  #: around the training points, where a flow from a normal start did not come to its end; all figures are of the second flow then
    energy: np.ndarray  #: F after each step, the start first; falls within a level
    chi2: np.ndarray
    time: np.ndarray  #: in the flow's own unit: leading modes decay as exp(-t)
    step: np.ndarray
    seconds: float
    verdict: str  #: "good" or "doubtful"
    reasons: list[str]  #: for doubt, a sentence each
    coordinates: str  #: which the features saw: "given", "standard" or "normal"
    marginals: str  #: "matched" where each column was given the data's quantiles, else "free"
    worst_column: int  #: with the largest Kolmogorov-Smirnov distance to the training points
    worst_ks: float
    polish_kept: bool
    polish_steps: int
    polish_acceptance: float
    polish_reason: str
    polish_flow_steps: int  #: of the flow after the polish, which brings back mass that it moved; 0: there was none
    monitors: dict[str, float]


class _Estimator:
    """What the three share: parameters, the model, samples, files."""

    _estimator = ""  # as `fit --estimator` names it

    # For type checkers: what a fit gives.
    n_features_in_: int
    feature_names_in_: np.ndarray
    eigenvalues_: np.ndarray
    eigenvalue_errors_: np.ndarray
    timescales_: np.ndarray
    residuals_: np.ndarray
    fitted_eigenvalues_: np.ndarray
    effective_samples_: float
    notes_: list[str]

    # Parameters, as scikit-learn asks for them.

    @classmethod
    def _parameters(cls):
        return [p for p in inspect.signature(cls.__init__).parameters if p != "self"]

    def get_params(self, deep: bool = True) -> dict[str, typing.Any]:
        """The parameters by name. deep: as scikit-learn asks; none of them has parameters of its own."""
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self, **params) -> typing.Self:
        """Sets params, parameters by name. ValueError for others."""
        known = self._parameters()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: {known!r}.")
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = {name: p.default for name, p in inspect.signature(type(self).__init__).parameters.items()}

        def differs(value, default):
            return value is not default and not (type(value) is type(default) and np.ndim(value) == 0 and value == default)

        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in self.get_params().items() if differs(v, defaults[n]))})"

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=["float64"]),
            input_tags=InputTags(),
        )

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_model")

    def _fitted(self):
        if not hasattr(self, "_model"):
            raise _not_fitted(f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator.")
        return self._model

    # The fit.

    def _frames(self):
        """Whether plain rows must be the frames of a trajectory."""
        return False

    def _options(self):
        options = core().Options()
        options.dictionary = "gaussian"
        options.manifold = arrays.text(self.manifold, "manifold")
        options.bandwidth = arrays.bandwidth(self.bandwidth)
        options.modes = arrays.count(self.modes, "modes", 0, MOST_MODES)
        options.seed = arrays.seed(self.random_state)
        options.coordinates = arrays.word(getattr(self, "coordinates", "auto"), "coordinates", ("auto", "given", "standard", "normal"))
        return options

    def _rows(self, X, sample_weight=None):
        frames = self._frames()
        if frames and arrays.word(self.ordered, "ordered", ("auto", "yes", "no"), {True: "yes", False: "no"}) == "no":
            raise ValueError("pairs at a lag need rows that follow one another in time, but ordered='no' says that these do not")
        return arrays.rows(X, sample_weight, frames=frames, dt=getattr(self, "dt", None), ordered=self.ordered)

    def _fit(self, X, sample_weight, tilt=None, killing=None, options=None):
        options = self._options() if options is None else options
        rows = self._rows(X, sample_weight)
        n, d = rows.size, rows.dimension
        if n < FEWEST_ROWS:
            raise ValueError(f"Found array with {n} sample(s) and {d} feature(s) (shape={(n, d)}) while a minimum of {FEWEST_ROWS} samples is required.")
        options.columns = _names_of(X)
        _require_memory(core().plan(self._estimator, rows.size, rows.dimension, options)["total"])
        with progress("fit", self.verbose) as hears:
            model = core().fit(
                self._estimator,
                rows,
                options,
                arrays.column(tilt, "tilt", rows.size, lengths=rows.lengths),
                arrays.column(killing, "killing", rows.size, lengths=rows.lengths),
                hears,
            )
        self._take(model)
        if self.verbose:
            for note in self.notes_:
                print(f"note: {note}", file=sys.stderr)
        return self

    def _take(self, model):
        """The attributes of a fitted estimator."""
        self._model = model
        spectrum, info = model.spectrum(), model.info()
        self._info = info
        self.n_features_in_ = int(info["dimension"])
        self.eigenvalues_ = spectrum["eigenvalues"]
        self.eigenvalue_errors_ = spectrum["spread"]
        self.timescales_ = spectrum["timescales"]
        self.residuals_ = spectrum["residuals"]
        self.fitted_eigenvalues_ = spectrum["fitted_eigenvalues"]
        self.effective_samples_ = float(info["effective_samples"])
        self.notes_ = list(info["notes"])
        if info["columns"]:
            self.feature_names_in_ = np.asarray(info["columns"], dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def fit_transform(self, X, y=None, sample_weight=None):
        """fit(X, y, sample_weight), then transform of the same points."""
        return self.fit(X, y, sample_weight=sample_weight).transform(X)

    def set_output(self, *, transform: str | None = None) -> typing.Self:
        """What transform and fit_transform return, as scikit-learn has it: "default" (an array), "pandas" or "polars" (a data frame whose columns have the names
        of get_feature_names_out; pandas keeps the index of X); None: as it is."""
        if transform is not None:
            kind = arrays.word(transform, "transform", ("default", "pandas", "polars"))
            self._sklearn_output_config = {**getattr(self, "_sklearn_output_config", {}), "transform": kind}
        return self

    def _as_output(self, values, X):
        """The values as set_output, else the configuration of scikit-learn, wants them."""
        kind = getattr(self, "_sklearn_output_config", {}).get("transform")
        sklearn = sys.modules.get("sklearn")
        if kind is None and sklearn is not None:
            kind = sklearn.get_config().get("transform_output")
        if kind == "pandas":
            import pandas

            index = X.index if isinstance(X, (pandas.DataFrame, pandas.Series)) else None
            return pandas.DataFrame(values, columns=self.get_feature_names_out(), index=index, copy=False)
        if kind == "polars":
            import polars

            return polars.DataFrame(values, schema=list(self.get_feature_names_out()), orient="row")
        return values

    def memory_plan(self, n: int, d: int) -> dict[str, int]:
        """Bytes that a fit to n points in d coordinates takes, part by part, with their total; from the sizes alone."""
        return core().plan(self._estimator, arrays.count(n, "n"), arrays.count(d, "d"), self._options())

    # Questions.

    def _check_width(self, X, name="X"):
        """The columns must be those of the fit."""
        model = self._fitted()
        first = X[0] if arrays.is_trajectories(X) else X
        names, known = arrays.column_names(first), getattr(self, "feature_names_in_", None)
        if known is None and names is not None:
            warnings.warn(f"{name} has feature names, but {type(self).__name__} was fitted without feature names", UserWarning, stacklevel=3)
        elif known is not None and names is None:
            warnings.warn(f"{name} does not have valid feature names, but {type(self).__name__} was fitted with feature names", UserWarning, stacklevel=3)
        elif known is not None and list(names) != list(known):
            raise ValueError(_names_differ(names, known))
        return model

    def _at(self, X, name="X"):
        model = self._check_width(X, name)
        rows = arrays.rows(X, name=name)
        if rows.dimension != self.n_features_in_:
            raise ValueError(f"{name} has {rows.dimension} features, but {type(self).__name__} is expecting {self.n_features_in_} features as input")
        return model, rows

    def evaluate(self, X, gradients: bool = False, modes: int | None = None):
        """The eigenfunctions at points, as `kswgd evaluate` writes them.

        X: n x d, in the units of the fit. Returns n x r, mode 0 (the constant 1; with killing the ground state) first; with `gradients` a pair of
        these and of the gradients, n x r x d, in 1 / length. modes: how many beside mode 0 (default: all). Normalised to E[phi^2] = 1 under
        the law of the data. Cost: n p (d + r) flops, p features; gradients r n p d.
        """
        model, rows = self._at(X)
        wanted, held = arrays.count_or(modes, "modes", -1, 1, MOST_MODES), len(self.fitted_eigenvalues_) - 1
        if wanted > held >= 0:
            raise ValueError(f"{wanted} modes were asked for, but the model holds {held} beside mode 0: fit it with modes={wanted} or more")
        values, slopes = model.evaluate(rows, bool(gradients), wanted + 1)
        if not gradients:
            return values
        return values, np.stack(slopes, axis=1) if slopes else np.zeros((rows.size, 0, rows.dimension))

    def transform(self, X):
        """The eigenfunctions at the points X, without the constant: n x r, the slowest first. See evaluate, and set_output."""
        model, rows = self._at(X)
        return self._as_output(model.evaluate(rows, False, 0)[0][:, self._info["first_mode"] :], X)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Names of the columns of transform. input_features: those of the fit, or None."""
        self._fitted()
        known = getattr(self, "feature_names_in_", None)
        if input_features is not None:
            given = np.asarray(input_features, dtype=object)
            if known is not None and list(given) != list(known):
                raise ValueError("input_features is not equal to feature_names_in_")
            if len(given) != self.n_features_in_:
                raise ValueError(f"input_features should have length equal to number of features ({self.n_features_in_}), got {len(given)}")
        first = self._info["first_mode"]
        return np.asarray([f"{type(self).__name__.lower()}{k}" for k in range(first, len(self.fitted_eigenvalues_))], dtype=object)

    def sample(
        self,
        n: int = 1000,
        random_state=0,
        *,
        start="auto",
        given=None,
        polish="auto",
        max_steps: int | None = None,
        inverse: str = "cholesky",
        modes: int | None = None,
        precision: str = "mixed",
        marginals: str = "auto",
        decimals: str = "all",
        path=None,
        return_report: bool = False,
    ):
        """n new samples, n x d, as `kswgd sample` makes them: particles moved by the flow from a start to the law of the data. For fewer
        than 500, 2000 particles are moved, of which n are drawn at random: a few alone come to rest in an order.

        random_state: the seed (0 like None). start: "normal" (mean and covariance of the data), "kernel" (draws around
        training points), "data" (training points), "auto" ("kernel" where columns were mapped, else "normal"), or an array whose first n rows are
        taken. given: {column: value}, draws of the other columns where these are known, columns by number or name; with arrays of values n draws for each,
        values x n x d. polish: steps of local noise along the learned score after the flow, "auto" (20, kept where a two-sample test says that they
        help) or a number. max_steps: end after this many accepted steps. inverse: "cholesky" (all modes) or "spectral" (the leading `modes`
        eigenpairs; None: all that the model holds). precision: of the features, "mixed" or "fp64". marginals: "matched" gives each column the data's quantiles, "free" leaves them as the
        flow does, "auto" matches where the fit mapped the columns or one stands on a grid. decimals: "data" rounds to as many places as the data's columns have. path: a file for
        the samples and the flow's history, as the program writes it. return_report: a pair of the samples and a FlowReport. With `given` no flow moves anything, and
        only random_state and path go with it.

        Warns with DoubtfulSamples where the samples do not have the law of the data.
        """
        model = self._fitted()
        n = arrays.count(n, "n", 1, MOST_POINTS)
        path = "" if path is None else arrays.path(path)
        if modes is not None and not (isinstance(inverse, str) and inverse == "spectral"):
            raise ValueError("modes is the number of eigenpairs of inverse='spectral': leave it out, or ask for that")
        if given is not None:
            others = dict(max_steps=max_steps, inverse=inverse, precision=precision, marginals=marginals, decimals=decimals, polish=polish, start=start)
            _only_for_flows({**others, "return_report": return_report}, type(self).sample)
            return self._sample_given(n, given, arrays.seed(random_state), path)
        options = core().SampleOptions()
        options.seed = arrays.seed(random_state)
        options.inverse = arrays.word(inverse, "inverse", ("cholesky", "spectral"))
        options.precision = arrays.word(precision, "precision", ("mixed", "fp64"))
        options.marginals = arrays.word(marginals, "marginals", ("auto", "matched", "free"))
        options.decimals = arrays.word(decimals, "decimals", ("all", "data")) == "data"
        options.max_steps = arrays.count_or(max_steps, "max_steps", 0)
        options.modes = arrays.count_or(modes, "modes", 0, 1, MOST_MODES)
        options.polish = -1 if isinstance(polish, str) and polish == "auto" else arrays.count(polish, "polish", 0, 100_000, others="'auto' or ")
        options.path = path
        _require_memory(32 * n * self.n_features_in_, "samples")
        out = np.empty((n, self.n_features_in_), order="F")
        if isinstance(start, str):
            options.start = arrays.word(start, "start", ("auto", "normal", "kernel", "data"))
        else:
            first = arrays.table(start, "start")
            arrays.finite([first], "start")
            if first.shape[1] != self.n_features_in_:
                raise ValueError(f"start has {first.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} features as input")
            if first.shape[0] < n:
                raise ValueError(f"{n} particles were asked for, but start holds {first.shape[0]} points")
            out[:] = first[:n]
            options.start = "given"
        with progress("sample", getattr(self, "verbose", False)) as hears:
            report = FlowReport(**model.sample(out, options, hears))
        if report.reasons and report.stop_reason != "max-steps":
            warnings.warn("these samples do not have the law of the data: " + "; ".join(report.reasons), DoubtfulSamples, stacklevel=2)
        return (out, report) if return_report else out

    def _sample_given(self, n, given, seed, path):
        if not isinstance(given, dict) or not given:
            raise ValueError(f"given must be a dictionary {{column: value}}, got {given!r}")
        names = list(getattr(self, "feature_names_in_", []))
        columns = []
        for key in given:
            if isinstance(key, str) and key not in names:
                raise ValueError(f"there is no column {key!r}: the columns of the model are {names or f'0 to {self.n_features_in_ - 1}'}")
            if isinstance(key, str) and names.count(key) > 1:
                raise ValueError(f"{names.count(key)} columns are named {key!r}: give the one that is meant by its number, 0 to {self.n_features_in_ - 1}")
            columns.append(names.index(key) if isinstance(key, str) else arrays.count(key, "a column of given", 0, self.n_features_in_ - 1))
        values = [np.asarray(arrays.numbers(value, "a value of given")) for value in given.values()]
        if len({len(value) for value in values}) > 1:
            raise ValueError("given must have as many values for each column")
        _require_memory(32 * n * len(values[0]) * self.n_features_in_, "samples or conditions")
        draws, effective, outside = self._model.sample_given(columns, core().Rows([np.stack(values, axis=1)]), n, seed, path)
        if outside == len(values[0]):
            raise ValueError("the conditions lie beyond all data of the model: there is nothing to draw from")
        if outside or effective.min() < 100:
            reason = "below 100 the shares of modes are uncertain by a tenth"
            if outside:
                reason = f"{outside} conditions lie beyond all data, their draws are NaN"
            warnings.warn(f"the data about a condition are worth {effective.min():.0f} draws: {reason}", DoubtfulSamples, stacklevel=3)
        return draws if all(np.ndim(value) == 0 for value in given.values()) else draws.reshape(len(values[0]), n, -1)

    def log_density(self, X, return_error: bool = False):
        """log pi at points, n, as `kswgd evaluate` writes it, normalised where a bridge to a known law was short enough; with its standard errors where asked
        for (return_error). Its negative is the free energy in kT. X: n x d. ValueError where the model holds no density (edmd, diffusion maps, others)."""
        return self._density(X, False, return_error)

    def gradient_log_density(self, X, return_error: bool = False):
        """grad log pi at points, n x d, in 1 / length, and its standard errors where asked for (return_error): the score that `kswgd evaluate`
        writes. X: n x d."""
        return self._density(X, True, return_error)

    def _density(self, X, gradient, return_error):
        model, rows = self._at(X)
        found = model.density(rows, gradient)
        return (found["value"], found["error"]) if return_error else found["value"]

    def simulate(
        self, samples: int = 10000, *, dt=0.01, substeps=None, burn_in=0, trajectories=1, temperature=None, random_state=0
    ) -> list[np.ndarray]:
        """Langevin trajectories on the learned potential, a list of samples x d arrays, as `kswgd simulate learned:MODEL` makes them; temperature in
        units of the data's (None: theirs). dt: time between frames; substeps: integration steps between two of them (None: as many as needed); burn_in: frames that
        are not recorded; trajectories: how many; random_state: the seed."""
        frames, many = arrays.count(samples, "samples", 1, MOST_POINTS), arrays.count(trajectories, "trajectories", 1, MOST_POINTS)
        model = self._fitted()
        _require_memory(16 * frames * many * self.n_features_in_, "samples or trajectories")
        out = model.simulate(
            frames,
            arrays.positive(dt, "dt"),
            arrays.count_or(substeps, "substeps", 0, 1, 2**31 - 1),
            arrays.count(burn_in, "burn_in", 0),
            many,
            arrays.positive_or(temperature, "temperature", 0.0),
            arrays.seed(random_state),
        )
        return [out[k * frames : (k + 1) * frames] for k in range(many)]

    # Files.

    def save(self, path) -> typing.Self:
        """Writes the model file that the program reads to path (.h5), whole or not at all. Parameters of the estimator are not in it."""
        self._fitted().write(arrays.path(path))
        return self

    @classmethod
    def load(cls, path) -> typing.Self:
        """An estimator from the model file at path, written here or by `kswgd fit`. ValueError for a file of another estimator, or a damaged one."""
        found = load(path)
        if not isinstance(found, cls):
            raise ValueError(f"'{arrays.path(path)}' holds a model of {type(found).__name__}, not of {cls.__name__}")
        return found

    def __getstate__(self):
        state = self.__dict__.copy()
        if "_model" in state:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.h5")
                state["_model"].write(path)
                with open(path, "rb") as file:
                    state["_model"] = file.read()
        return state

    def __setstate__(self, state):
        state = dict(state)
        content = state.pop("_model", None)
        self.__dict__.update(state)
        if content is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.h5")
                with open(path, "wb") as file:
                    file.write(content)
                self._model = core().Model.read(path)


class Generator(_Estimator):
    """The generator of the law behind samples: samples alone, no dynamics needed. `kswgd fit --estimator generator`.

    Parameters
    ----------
    features : landmarks of the finest level; None: 400 to 1600, by the number of points
    modes : eigenpairs beside the constant
    bandwidth : width of the finest Gaussians in the data's unit, or "auto"
    dictionary : "gaussian", "fourier", "hermite", "monomial", "linear", "von-mises" (periodic coordinates), or "perceptron:FILE"
    coordinates : what features see: the columns as "given", "standard" (each divided by its deviation) or "normal" (its normal score); "auto": as they ask for
    manifold : "euclidean", "sphere", "torus:R,r", "periodic:L1,L2,..." (0: not periodic), or products joined by +
    diffusion : a constant diffusion matrix, d x d, or "isotropic" or "full" (from trajectories); eigenvalues are then in 1 / time
    reweight : "equilibrium": weights towards equilibrium for short trajectories, from pairs at `lag`
    lag : of these pairs in steps; None: a twentieth of the shortest trajectory
    conditioned : with a killing rate in fit: learn the law of the process conditioned to survive
    hold_out : points kept back for the monitors; None: n/400 from n = 20,000 on
    rows_per_feature : with many rows, how many for each feature make the second moments of levels beyond 400 landmarks; 0: all
    ordered : whether rows follow one another in time: "auto" (as the data look), "yes" or "no"
    dt : time between rows of trajectories; None: times are in steps
    random_state : the seed, recorded in the model
    verbose : progress and notes on stderr

    Attributes
    ----------
    eigenvalues_ : ascending, the constant's 0 first, corrected for overfitting, in 1 / length^2 (with diffusion in 1 / time)
    eigenvalue_errors_ : standard errors from the folds; 1.645 of them make an interval of 90 %
    timescales_ : 1 / eigenvalues_
    residuals_ : relative residuals of the eigenpairs, recomputed
    fitted_eigenvalues_ : of all eigenpairs of the finest dictionary, not corrected
    effective_samples_ : (sum w)^2 / sum w^2 of the fitted rows
    notes_ : what a user should know of the data, a sentence each
    n_features_in_, feature_names_in_ : columns of the data, and their names where they have some
    """

    _estimator = "generator"

    def __init__(
        self,
        features=None,
        modes=32,
        bandwidth="auto",
        dictionary="gaussian",
        coordinates="auto",
        manifold="euclidean",
        diffusion=None,
        reweight=None,
        lag=None,
        conditioned=False,
        hold_out=None,
        rows_per_feature=25,
        ordered="auto",
        dt=None,
        random_state=0,
        verbose=False,
    ):
        self.features = features
        self.modes = modes
        self.bandwidth = bandwidth
        self.dictionary = dictionary
        self.coordinates = coordinates
        self.manifold = manifold
        self.diffusion = diffusion
        self.reweight = reweight
        self.lag = lag
        self.conditioned = conditioned
        self.hold_out = hold_out
        self.rows_per_feature = rows_per_feature
        self.ordered = ordered
        self.dt = dt
        self.random_state = random_state
        self.verbose = verbose

    def _frames(self):
        return self.reweight is not None or isinstance(self.diffusion, str)

    def _options(self):
        options = _dictionary_options(self, super()._options())
        options.lag = arrays.count_or(self.lag, "lag", 0)
        if self.lag is not None and self.reweight is None:
            raise ValueError("lag is that of the pairs of reweight='equilibrium': leave it out, or use Edmd for the spectrum at a lag")
        options.reweight = self.reweight is not None and bool(arrays.word(self.reweight, "reweight", ("equilibrium",)))
        options.conditioned = bool(self.conditioned)
        if isinstance(self.diffusion, str):
            options.diffusion = arrays.word(self.diffusion, "diffusion", ("isotropic", "full"))
        elif self.diffusion is not None:
            if isinstance(self.diffusion, numbers.Number):
                raise ValueError(f"diffusion must be None, 'isotropic', 'full' or a d x d matrix, got {self.diffusion!r}"[:300])
            a = arrays.table(self.diffusion, "diffusion")
            arrays.finite([a], "diffusion")
            if a.shape[0] != a.shape[1]:
                raise ValueError(f"diffusion must be a d x d matrix, got an array of shape {a.shape}")
            options.diffusion_matrix = [float(v) for v in a.ravel()]
        return options

    def fit(self, X, y=None, sample_weight=None, *, tilt=None, killing=None) -> Generator:
        """Fits the model.

        X: n x d numbers, a point in each row, at least 3 different ones (a note says that fewer than 20 are a guess); floats are read where they are, whatever their strides. A list of
        such arrays: one trajectory each. sample_weight: n, not negative. tilt: W at the points, n: learns the law times exp(-W). killing: a rate
        c >= 0 at the points, n: the spectrum is that of the killed process, with its ground state in the constant's place. y is ignored.
        Cost: 3 n p^2 flops, p about twice the features; memory O(p^2) beside the data.
        """
        if self.conditioned and killing is None:
            raise ValueError("conditioned=True needs a killing rate: fit(X, killing=c)")
        options = self._options()
        if self.diffusion is not None and not isinstance(self.diffusion, str):
            size = math.isqrt(len(options.diffusion_matrix))
            columns = arrays.parts(X)[0][0].shape[1]
            if columns != size:
                raise ValueError(f"diffusion is a matrix of {size} rows, and the points have {columns} columns")
        return self._fit(X, sample_weight, tilt, killing, options)

    def partial_fit(self, X, y=None, sample_weight=None) -> Generator:
        """Adds the rows of X, with their sample_weight, to those that the model has seen and keeps; the first call begins with its own. Memory does not depend on how much was seen.

        The model is that of one fit of all rows with the same landmarks, by default 400 on the finest level: docs/streams.md says when these are laid out anew. A
        model that was saved goes on when it is loaded, also one of `kswgd fit --keep-sums`. Rows that follow one another in time are five stretches in each call, so a call
        should bring a stretch that is long beside what the process remembers. Not for diffusion, reweight, conditioned, hold_out and other dictionaries than "gaussian";
        features, bandwidth, coordinates, manifold and random_state count in the first call. Cost: that of the rows, and each call ends with the solves of a fit.
        After fit, which keeps no sums, it begins with the rows given, and warns.
        """
        for name in ("diffusion", "reweight", "hold_out"):
            if getattr(self, name) is not None:
                raise ValueError(f"partial_fit has no {name}: leave it out, or use fit")
        if self.conditioned or self.dictionary != "gaussian":
            raise ValueError("partial_fit is for the Gaussian dictionary and no killing: leave out dictionary and conditioned, or use fit")
        before = getattr(self, "_model", None)
        if before is not None and not before.has_sums():
            warnings.warn(
                "fit keeps no sums to go on from: partial_fit begins with these rows alone; begin with partial_fit, or load a file of kswgd fit --keep-sums", stacklevel=2
            )
            before = None
        options = self._options()
        rows = self._rows(X, sample_weight)
        if before is not None:
            self._check_width(X)
        if before is not None and rows.dimension != self.n_features_in_:
            raise ValueError(f"X has {rows.dimension} features, but {type(self).__name__} is expecting {self.n_features_in_} features as input")
        if before is None and rows.size < FEWEST_ROWS:
            raise ValueError(
                f"Found array with {rows.size} sample(s) and {rows.dimension} feature(s) (shape={(rows.size, rows.dimension)}) while a minimum of "
                f"{FEWEST_ROWS} samples is required."
            )
        options.columns = _names_of(X)
        with progress("fit", self.verbose) as hears:
            self._take(core().partial_fit(before, rows, options, hears))
        return self

    def score(self, X, y=None, sample_weight=None) -> float:
        """How well the leading 10 eigenfunctions resolve the slow directions of the law of X: the sum of 1 / (1 + s lambda) over their Ritz values lambda on
        the points X (with their sample_weight), s the variance of X along its widest direction; at most 10, larger is better. It is a Ritz sum of the resolvent, which no functions
        raise above that of the true ones (but for the noise of X). For unit diffusion."""
        return _dirichlet_score(self, X, sample_weight)

    def intervals(self, X, *, bootstrap: int = 200, blocks: int = 50, confidence: float = 0.9, random_state=0) -> dict[str, np.ndarray]:
        """Bootstrap intervals of the eigenvalues 1, 2, ..., as `kswgd spectrum --data`. X: the points of the fit. bootstrap: replicates of so many blocks; confidence: of
        the intervals; random_state: the seed.

        Returns "eigenvalues", "low", "high" (without the constant) and "blocks". Cost: n p r (1 + d) flops.
        """
        model, _ = self._at(X)
        rows = self._rows(X)
        info = self._info
        if info["estimator"] != "generator":
            raise ValueError(f"intervals are for models of the estimator generator, this one is of {info['estimator']}: see kswgd.timescales")
        if rows.size != info["rows"]:
            raise ValueError(f"X holds {rows.size} points, the model was fitted to {info['rows']}: intervals need the fitted points")
        return core().intervals(
            model,
            rows,
            arrays.count(bootstrap, "bootstrap"),
            arrays.count(blocks, "blocks", 2),
            _share(confidence, "confidence"),
            arrays.seed(random_state),
        )


class Edmd(_Estimator):
    """Kinetics from trajectories: reversible EDMD at a lag, in 1 / time. `kswgd fit --estimator edmd --lag LAG`.

    The density and the flow are those of Generator. Eigenvalues whose mu = exp(-lambda lag dt) is below 0.3 are noise and are left out.

    Parameters
    ----------
    lag : of the pairs, in steps of the trajectories
    dt : time between rows of trajectories; None: times are in steps
    reweight : "equilibrium": weights towards equilibrium for short trajectories, from pairs at `lag`
    features, modes, bandwidth, dictionary, coordinates, manifold, hold_out, rows_per_feature, ordered, random_state, verbose : as in Generator

    Attributes
    ----------
    eigenvalues_ : of the process, in 1 / time; timescales_ in the unit of time. All others as in Generator
    """

    _estimator = "edmd"

    def __init__(
        self,
        lag=1,
        features=None,
        modes=32,
        bandwidth="auto",
        dictionary="gaussian",
        coordinates="auto",
        manifold="euclidean",
        reweight=None,
        hold_out=None,
        rows_per_feature=25,
        ordered="auto",
        dt=None,
        random_state=0,
        verbose=False,
    ):
        self.lag = lag
        self.features = features
        self.modes = modes
        self.bandwidth = bandwidth
        self.dictionary = dictionary
        self.coordinates = coordinates
        self.manifold = manifold
        self.reweight = reweight
        self.hold_out = hold_out
        self.rows_per_feature = rows_per_feature
        self.ordered = ordered
        self.dt = dt
        self.random_state = random_state
        self.verbose = verbose

    def _frames(self):
        return True

    def _options(self):
        options = _dictionary_options(self, super()._options())
        options.lag = arrays.count(self.lag, "lag")
        options.reweight = self.reweight is not None and bool(arrays.word(self.reweight, "reweight", ("equilibrium",)))
        return options

    def fit(self, X, y=None, sample_weight=None, *, tilt=None) -> Edmd:
        """Fits the model. X: the frames of one trajectory, T x d, or a list of trajectories, whose pairs never cross from one to the next; at least 3
        pairs at the lag. sample_weight: one for each frame. tilt: as in Generator.fit. y is ignored. Cost: that of Generator.fit, and 3 n p^2 flops."""
        return self._fit(X, sample_weight, tilt)

    def score(self, X, y=None, sample_weight=None) -> float:
        """The generalised matrix Rayleigh quotient (McGibbon, Pande 2015) of the constant and the leading 10 modes on the trajectories X (with their sample_weight) at the lag: the sum of
        their eigenvalues mu, at most 11; larger is better, slower processes are resolved."""
        model, _ = self._at(X)
        rows = self._rows(X, sample_weight)
        modes = min(SCORED_MODES + 1, len(self.fitted_eigenvalues_))
        values = model.evaluate(rows, False, modes)[0] if modes > 0 else np.ones((rows.size, 1))
        weights = _weights(rows)
        lag = arrays.count(self.lag, "lag")
        lengths = [len(part) for part in X] if arrays.is_trajectories(X) else [rows.size]
        gram, correlation, begin = 0.0, 0.0, 0
        for length in lengths:
            x, y_, w = values[begin : begin + length - lag], values[begin + lag : begin + length], weights[begin : begin + length - lag, None]
            if length > lag:
                gram = gram + (x * w).T @ x + (y_ * w).T @ y_
                correlation = correlation + (x * w).T @ y_
            begin += length
        if np.ndim(gram) == 0:
            raise ValueError(f"no trajectory of X is longer than the lag, {lag} steps")
        return float(np.trace(np.linalg.pinv(gram, hermitian=True) @ (correlation + correlation.T)))


class DiffusionMap(_Estimator):
    """The generator from samples, without a dictionary (Coifman, Lafon 2006). `kswgd fit --estimator diffusion-map`.

    The flow is truncated to the modes. Cost: n^2 kernel entries for each 8 vectors at worst.

    Parameters
    ----------
    modes : eigenpairs beside the constant, at least 1
    bandwidth : the width sqrt(e) of the kernel exp(-|x - y|^2 / 2e), or "auto"
    manifold, ordered, random_state, verbose : as in Generator

    Attributes
    ----------
    as in Generator
    """

    _estimator = "diffusion-map"

    def __init__(self, modes=32, bandwidth="auto", manifold="euclidean", ordered="auto", random_state=0, verbose=False):
        self.modes = modes
        self.bandwidth = bandwidth
        self.manifold = manifold
        self.ordered = ordered
        self.random_state = random_state
        self.verbose = verbose

    def _options(self):
        arrays.count(self.modes, "modes", 1, MOST_MODES)
        return super()._options()

    def fit(self, X, y=None, sample_weight=None, *, tilt=None) -> DiffusionMap:
        """Fits the model. X: n x d numbers, or a list of trajectories; sample_weight: n, not negative; tilt as in Generator.fit. y is ignored."""
        return self._fit(X, sample_weight, tilt)

    def score(self, X, y=None, sample_weight=None) -> float:
        """As Generator.score: X, sample_weight."""
        return _dirichlet_score(self, X, sample_weight)


def _a_model(model):
    """The model, if it is one of ours."""
    if not isinstance(model, _Estimator):
        raise TypeError(f"model must be a fitted Generator, Edmd or DiffusionMap, got {type(model).__name__}: of a pipeline it is the last step, pipeline[-1]")
    return model


def load(path) -> Generator | Edmd | DiffusionMap:
    """The estimator that a model file holds, written here or by `kswgd fit`: Generator, Edmd or DiffusionMap.

    A file does not hold the parameters of the fit but those that the model needs: modes, manifold, the seed, lag and dt. ValueError where it is no model, is damaged,
    or comes from a newer version.
    """
    model = core().Model.read(arrays.path(path))
    info = model.info()
    kinds = {"edmd": Edmd, "diffusion-map": DiffusionMap}
    estimator = kinds.get(info["estimator"], Generator)(modes=int(info["modes"]), manifold=info["manifold"], random_state=int(info["seed"]))
    dt = info["dt"] if info["dt"] > 0 else None
    if hasattr(estimator, "dt"):
        estimator.dt = dt
    if isinstance(estimator, Edmd):
        steps = info["lag_time"] / (dt or 1)
        if abs(steps - round(steps)) <= 1e-6 * steps and steps >= 1 - 1e-6:  # of a file that says nothing of dt it is a guess
            estimator.lag = round(steps)
    estimator._take(model)
    return estimator


def _dictionary_options(estimator, options):
    options.dictionary = arrays.text(estimator.dictionary, "dictionary")
    options.features = arrays.count_or(estimator.features, "features", 0, 1, MOST_FEATURES)
    options.hold_out = arrays.count_or(estimator.hold_out, "hold_out", -1, 0, MOST_POINTS)
    options.rows_per_feature = arrays.count_or(estimator.rows_per_feature, "rows_per_feature", 25, 0, MOST_POINTS)
    return options


def _names_of(X):
    """Names of the columns for the model, or an empty list."""
    names = arrays.column_names(X[0] if arrays.is_trajectories(X) else X)
    return [] if names is None else [arrays.text(name, "the name of a column") for name in names]


def _only_for_flows(arguments, function):
    """ValueError for the first that is not as it stands in the signature: draws under conditions have no use for it."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}
    for name, value in arguments.items():
        if not (value is None or isinstance(value, (str, bool, int))) or value != defaults[name]:
            raise ValueError(f"{name} is for samples without conditions, which a flow moves: leave it out, or leave out given")


def _require_memory(size, of="features, modes or points"):
    """The program's rule: half of what is planned must fit into the machine."""
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if held > 0 and 0.5 * size > held:
        raise ValueError(f"this takes about {size / 1e9:.3g} GB, and the machine has {held / 1e9:.3g} GB: ask for fewer {of}")


def _share(value, name):
    number = arrays.positive(value, name)
    if number >= 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")
    return number


def _weights(rows):
    weights = rows.weights()
    return weights if len(weights) else np.ones(rows.size)


def _dirichlet_score(estimator, X, sample_weight):
    model, _ = estimator._at(X)
    rows = estimator._rows(X, sample_weight)
    if estimator._info["estimator"] not in ("generator", "diffusion-map"):
        raise ValueError(f"score is for unit diffusion without killing, this model is of {estimator._info['estimator']}")
    modes = min(SCORED_MODES, len(estimator.fitted_eigenvalues_) - 1)
    if modes < 1:
        return 0.0
    values, slopes = model.evaluate(rows, True, modes + 1)
    weights = _weights(rows)
    weights = weights / weights.sum()
    values = values[:, 1:] - weights @ values[:, 1:]
    slopes = np.stack(slopes[1:], axis=1)  # n x r x d
    gram = (values * weights[:, None]).T @ values
    dirichlet = np.einsum("n,nid,njd->ij", weights, slopes, slopes, optimize=True)
    points = np.concatenate([np.ascontiguousarray(part, dtype=float) for part in arrays.parts(X)[0]])  # summed in one order whatever the layout
    points = points - weights @ points
    width = np.linalg.eigvalsh((points * weights[:, None]).T @ points)[-1]
    return float(np.trace(np.linalg.pinv(gram + width * dirichlet, hermitian=True) @ gram))


def _names_differ(names, known):
    """scikit-learn's sentence."""
    unexpected, missing = sorted(set(names) - set(known)), sorted(set(known) - set(names))
    message = "The feature names should match those that were passed during fit.\n"
    for title, some in (("Feature names unseen at fit time:\n", unexpected), ("Feature names seen at fit time, yet now missing:\n", missing)):
        if some:
            message += title + "".join(f"- {name}\n" for name in some[:5]) + ("- ...\n" if len(some) > 5 else "")
    if not unexpected and not missing:
        message += "Feature names must be in the same order as they were in fit.\n"
    return message
