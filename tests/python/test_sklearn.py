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
from sklearn.model_selection import GridSearchCV, KFold  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

ESTIMATORS = [kswgd.Generator(modes=4), kswgd.Edmd(modes=4), kswgd.DiffusionMap(modes=4)]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore")
def test_check_estimator(estimator):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = [f"{r['check_name']}: {r['exception']!r}"[:300] for r in results if r["status"] == "failed"]
    assert not failed, "\n".join(failed)
    assert sum(r["status"] == "passed" for r in results) >= 35


def test_pipeline_and_grid_search(well):
    pipeline = make_pipeline(StandardScaler(), kswgd.Generator(modes=6))
    search = GridSearchCV(pipeline, {"generator__features": [10, 60]}, cv=KFold(3, shuffle=True, random_state=0))
    search.fit(well * [1.0, 10.0])
    assert search.best_params_["generator__features"] == 60  # ten landmarks are too few for four wells
    assert search.best_estimator_.transform(well).shape == (len(well), 6)
    assert list(search.best_estimator_.get_feature_names_out()) == [f"generator{k}" for k in range(1, 7)]


def test_score_knows_the_law(well):
    """The Ritz values of the right functions are the eigenvalues; those of other functions add up to more."""
    fresh = kswgd.datasets.exact("quadruple-well", 4000, random_state=11)
    model = kswgd.Generator().fit(well)
    exact = [0.74868167, 0.74868167, 2 * 0.74868167, 6.00411367, 6.00411367]
    assert -model.score(fresh) > sum(exact)
    narrow = kswgd.Generator(features=6).fit(well)
    assert narrow.score(fresh) < model.score(fresh)
    # Points of another law are met worse, and weights can make them those of the law.
    hot = kswgd.datasets.exact("quadruple-well", 4000, temperature=2, random_state=12)
    energy = ((hot**2 - 1) ** 2).sum(axis=1)
    assert abs(model.score(hot, sample_weight=np.exp(-energy / 2)) / model.score(fresh) - 1) < 0.15


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
