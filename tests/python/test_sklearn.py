# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""scikit-learn's contract, by its own checks, and what people do with it."""

import copy
import pickle

import numpy as np
import pytest

import kswgd

sklearn = pytest.importorskip("sklearn")
from sklearn.base import clone  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.model_selection import GridSearchCV, KFold  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

#: Checks that ask of an estimator what it is not.
NOT_ITS_OWN = {
    "Edmd": {
        "check_sample_weight_equivalence_on_dense_data": "rows are the frames of a trajectory: repeated and shuffled they are another process",
    }
}


@pytest.mark.parametrize("parameters", [{}, {"modes": 4}], ids=["defaults", "four modes"])
@pytest.mark.parametrize("kind", [kswgd.Generator, kswgd.Edmd, kswgd.DiffusionMap])
@pytest.mark.filterwarnings("ignore")
def test_check_estimator(kind, parameters):
    expected = NOT_ITS_OWN.get(kind.__name__, {})
    results = check_estimator(kind(**parameters), expected_failed_checks=expected, on_fail=None, on_skip=None)
    failed = [f"{r['check_name']}: {r['exception']!r}"[:300] for r in results if r["status"] == "failed"]
    assert not failed, "\n".join(failed)
    assert {r["check_name"] for r in results if r["status"] == "skipped"} <= {"check_array_api_input"}
    assert {r["check_name"] for r in results if r["status"] == "xfail"} == set(expected)
    assert sum(r["status"] == "passed" for r in results) >= 45


@pytest.mark.parametrize("n", [3, 4, 5, 9, 19])
def test_few_rows_are_a_guess_and_say_so(n):
    X = np.random.default_rng(n).normal(size=(n, 2))
    for kind in (kswgd.Generator, kswgd.DiffusionMap):
        model = kind(modes=4).fit(X)
        assert any(f"only {n} rows have weight" in note for note in model.notes_)
        assert np.isfinite(model.transform(X)).all() and np.isfinite(model.eigenvalues_).all()
        with pytest.warns(kswgd.DoubtfulSamples, match=f"only {n} rows"):
            new, report = model.sample(50, return_report=True)
        assert np.isfinite(new).all() and report.verdict == "doubtful"
    walk = np.cumsum(np.random.default_rng(n).normal(size=(n + 1, 1)), axis=0)
    assert np.isfinite(kswgd.Edmd(modes=2).fit(walk).transform(walk)).all()
    for few in (X[:2], X[:1]):
        with pytest.raises(ValueError, match=f"Found array with {len(few)} sample"):
            kswgd.Generator().fit(few)
    with pytest.raises(ValueError, match="too few distinct points"):
        kswgd.Generator().fit(X[[0, 1, 0, 1, 1]])


def test_pipeline_and_grid_search(well):
    pipeline = make_pipeline(StandardScaler(), kswgd.Generator(modes=6))
    search = GridSearchCV(pipeline, {"generator__dictionary": ["linear", "gaussian"]}, cv=KFold(3, shuffle=True, random_state=0))
    search.fit(well * [1.0, 10.0])
    assert search.best_params_["generator__dictionary"] == "gaussian"  # x and y alone do not tell wells from what lies between them
    assert search.best_estimator_.transform(well).shape == (len(well), 6)
    assert list(search.best_estimator_.get_feature_names_out()) == [f"generator{k}" for k in range(1, 7)]


def test_set_output(well):
    """As scikit-learn's own transformers have it: pandas with the index of X, polars, by the global configuration too, in pipelines and beside other columns."""
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    frame = pandas.DataFrame(well[:300], columns=["x", "y"], index=np.arange(300)[::-1])
    plain = kswgd.Generator(modes=3).fit(frame)
    expected = plain.transform(frame)
    names = ["generator1", "generator2", "generator3"]
    for kind, container in (("pandas", pandas.DataFrame), ("polars", polars.DataFrame)):
        model = clone(kswgd.Generator(modes=3).set_output(transform=kind))
        found = model.fit_transform(frame)
        assert isinstance(found, container) and list(found.columns) == names and np.array_equal(found.to_numpy(), expected)
        assert isinstance(model.set_output(transform="default").transform(frame), np.ndarray)
        with sklearn.config_context(transform_output=kind):
            assert isinstance(plain.transform(frame), container)
    pipeline = make_pipeline(StandardScaler(), kswgd.Generator(modes=3)).set_output(transform="pandas")
    assert list(pipeline.fit_transform(frame).index) == list(frame.index)
    both = ColumnTransformer([("law", kswgd.Generator(modes=2), ["x", "y"]), ("scaled", StandardScaler(), ["y"])]).set_output(transform="pandas")
    assert list(both.fit_transform(frame).columns) == ["law__generator1", "law__generator2", "scaled__y"]
    with pytest.raises(ValueError, match="transform must be one of"):
        plain.set_output(transform="csv")


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
