# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""scikit-learn's contract, by its own checks, and what people do with it."""

import copy
import pickle
import re

import numpy as np
import pytest

import kswgd
from kswgd import _arrays

sklearn = pytest.importorskip("sklearn")
from sklearn.base import clone  # noqa: E402
from sklearn.model_selection import GridSearchCV, KFold  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

#: Why a check cannot pass: it has fewer than the 20 rows, or pairs of rows, that the library asks for.
TOO_FEW = re.compile(r"while a minimum of 20 samples is required|at least 20 are needed|at least 20 weights must be positive|only 9 points have")


def sentences(error):
    """What an error says, and those that it was raised from."""
    while error is not None:
        yield str(error)
        error = error.__cause__ or error.__context__


def outcomes(estimator):
    """(checks that passed, those that failed for too few rows, what others said)."""
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = [r for r in results if r["status"] == "failed"]
    few = {r["check_name"] for r in failed if any(map(TOO_FEW.search, sentences(r["exception"])))}
    others = [f"{r['check_name']}: {r['exception']!r}"[:300] for r in failed if r["check_name"] not in few]
    return {r["check_name"] for r in results if r["status"] == "passed"}, few, others


class Enough:
    """An estimator that gets more rows, near those that a check brings, where these are too few: what the check asks is asked then as well."""

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(*self.with_more(X, y, sample_weight))

    @staticmethod
    def with_more(X, y, sample_weight):
        try:
            a = _arrays.table(X)
        except (ValueError, TypeError):
            return X, y, sample_weight
        if 1 < len(a) < 40:
            copies = -(-60 // len(np.unique(a, axis=0)))
            X = np.concatenate([a * (1 + 0.05 * c) for c in range(copies)])
            if np.asarray(sample_weight).shape == (len(a),):
                sample_weight = np.tile(_arrays.column(sample_weight, "sample_weight", len(a)), copies)
        return X, y, sample_weight

    def fit_transform(self, X, y=None, sample_weight=None):
        return self.fit(X, y, sample_weight).transform(X)


class EnoughGenerator(Enough, kswgd.Generator):
    __init__ = kswgd.Generator.__init__

    def partial_fit(self, X, y=None, sample_weight=None):
        return super().partial_fit(*self.with_more(X, y, sample_weight))


class EnoughEdmd(Enough, kswgd.Edmd):
    __init__ = kswgd.Edmd.__init__


class EnoughDiffusionMap(Enough, kswgd.DiffusionMap):
    __init__ = kswgd.DiffusionMap.__init__


#: It shuffles the rows, and landmarks are drawn by their numbers (in the same order both fits are the same to the bit: test_laws.py).
SHUFFLES = "check_sample_weight_equivalence_on_dense_data"


# The kernel of a diffusion map reaches over the few points of the checks here: the automatic width is for data that fill their space.
@pytest.mark.parametrize(
    "kind, enough, parameters",
    [(kswgd.Generator, EnoughGenerator, {}), (kswgd.Edmd, EnoughEdmd, {}), (kswgd.DiffusionMap, EnoughDiffusionMap, {"bandwidth": 5.0})],
    ids=["Generator", "Edmd", "DiffusionMap"],
)
@pytest.mark.filterwarnings("ignore")
def test_check_estimator(kind, enough, parameters):
    passed, few, others = outcomes(kind(modes=4, **parameters))
    assert not others, "\n".join(others)
    assert len(passed) >= 35
    passed_then, few_then, others_then = outcomes(enough(modes=4, **parameters))
    others_then = [other for other in others_then if not other.startswith(SHUFFLES)]
    assert not few_then and not others_then, "\n".join(others_then) + str(few_then)
    assert few - passed_then <= {SHUFFLES}


def test_pipeline_and_grid_search(well):
    pipeline = make_pipeline(StandardScaler(), kswgd.Generator(modes=6))
    search = GridSearchCV(pipeline, {"generator__dictionary": ["linear", "gaussian"]}, cv=KFold(3, shuffle=True, random_state=0))
    search.fit(well * [1.0, 10.0])
    assert search.best_params_["generator__dictionary"] == "gaussian"  # x and y alone do not tell wells from what lies between them
    assert search.best_estimator_.transform(well).shape == (len(well), 6)
    assert list(search.best_estimator_.get_feature_names_out()) == [f"generator{k}" for k in range(1, 7)]


def test_score_knows_the_law(well):
    """No functions have a larger sum than the true ones, whose eigenvalues are known: sums of two of those of a single double well."""
    line = np.array([0, 0.74868167, 6.00411367, 11.66069556, 18.64314678])
    exact = np.sort((line[:, None] + line).ravel())[1:11]
    fresh = kswgd.datasets.exact("quadruple-well", 8000, random_state=11)
    best = np.sum(1 / (1 + 0.83274549 * exact))  # E x^2 is the variance along either axis
    model = kswgd.Generator().fit(well)
    assert 0.85 * best < model.score(fresh) < 1.02 * best
    assert kswgd.Generator().fit(kswgd.datasets.exact("quadruple-well", 6000, random_state=12)).score(fresh) > model.score(fresh)
    assert kswgd.Generator(dictionary="linear").fit(well).score(fresh) < model.score(fresh)
    assert kswgd.DiffusionMap().fit(well).score(fresh) < 1.02 * best
    # Points of another law with the weights of this one say the same.
    hot = kswgd.datasets.exact("quadruple-well", 8000, temperature=2, random_state=13)
    energy = ((hot**2 - 1) ** 2).sum(axis=1)
    assert model.score(hot, sample_weight=np.exp(-energy / 2)) == pytest.approx(model.score(fresh), rel=0.05)


def test_score_of_edmd(walk):
    half = len(walk) // 2
    model = kswgd.Edmd(lag=4).fit(walk[:half])
    found = model.score(walk[half:])
    assert 1.5 < found <= 11
    assert model.score([walk[half : half + 900], walk[half + 900 :]]) == pytest.approx(found, rel=0.1)


def test_copies(fitted, small):
    for other in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert np.array_equal(other.sample(50), fitted.sample(50))
        assert np.array_equal(other.transform(small), fitted.transform(small))
        assert other.get_params() == fitted.get_params()
    fresh = clone(fitted)
    assert not hasattr(fresh, "eigenvalues_") and fresh.get_params() == fitted.get_params()


def test_not_fitted():
    with pytest.raises(ValueError, match="not fitted"):
        kswgd.Generator().sample(3)
    with pytest.raises(AttributeError):
        kswgd.Generator().eigenvalues_


def test_repr():
    assert repr(kswgd.Generator(features=7)) == "Generator(features=7)"
    with pytest.raises(ValueError, match="Invalid parameter 'colour'"):
        kswgd.Generator().set_params(colour=1)
