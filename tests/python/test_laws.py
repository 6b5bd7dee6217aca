# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Numbers against closed forms: what a user gets from a few lines is right."""

import numpy as np
import pytest

import kswgd

# -d^2 + V' d in one dimension for V = (x^2 - 1)^2: see tests/estimator/test_exact_spectra.cpp. In two, sums of two of them.
WELL = [0, 0.74868167, 0.74868167, 1.49736334]


@pytest.mark.parametrize("layout", ["C", "F"])
def test_quadruple_well(layout):
    X = np.array(kswgd.datasets.exact("quadruple-well", 10000, random_state=1), order=layout)
    model = kswgd.Generator().fit(X)
    assert np.all(np.abs(model.eigenvalues_[:4] - WELL) <= np.maximum(3 * model.eigenvalue_errors_[:4], 1e-9))
    assert np.allclose(model.eigenvalues_[1:4], WELL[1:], rtol=0.08)
    new, report = model.sample(1000, random_state=1, return_report=True)
    assert report.verdict == "good"
    scores = kswgd.score(new, kswgd.datasets.exact("quadruple-well", 20000, random_state=2))
    assert scores.sliced_wasserstein.value < 1.2 * scores.sliced_wasserstein.floor
    assert np.mean(new**2) == pytest.approx(0.83274549, rel=0.03)
    # Eigenfunctions are orthonormal under the law; their squares' averages over 20,000 fresh points are 1 within 5 standard errors and the fit's own.
    values = model.evaluate(kswgd.datasets.exact("quadruple-well", 20000, random_state=3), modes=3)
    assert np.allclose(values.T @ values / len(values), np.eye(4), atol=0.06)


def test_ornstein_uhlenbeck():
    """lambda_k = k; the autocorrelation of x decays as exp(-t)."""
    frames = kswgd.datasets.simulate("ornstein-uhlenbeck", 20000, dt=0.1, dimension=1, random_state=1)
    model = kswgd.Edmd(lag=3, dt=0.1).fit(frames)
    low, high = model.eigenvalues_[1] - 2 * model.eigenvalue_errors_[1], model.eigenvalues_[1] + 2 * model.eigenvalue_errors_[1]
    assert low < 1 < high and high - low < 0.5
    found = kswgd.timescales(frames, lags=[2, 4], modes=1, bootstrap=50, dt=0.1)
    assert np.all(found.low[:, 0] < 1.1) and np.all(found.high[:, 0] > 0.9)
    a = kswgd.kinetics.diffusion_matrix(frames, dt=0.1)
    assert a[0, 0] == pytest.approx(1, rel=0.05)


def test_log_density():
    """Of the quadruple well: -V - log Z, Z = 1.97373207^2 (a sum over a fine grid gives the same)."""
    X = kswgd.datasets.exact("quadruple-well", 10000, random_state=4)
    model = kswgd.Generator().fit(X)
    points = kswgd.datasets.exact("quadruple-well", 500, random_state=5)
    exact = -((points**2 - 1) ** 2).sum(axis=1) - 2 * np.log(1.97373207)
    value, error = model.log_density(points, return_error=True)
    assert np.sqrt(np.mean((value - exact) ** 2)) < 0.15 and np.all(error > 0)
    slope = model.gradient_log_density(points)
    known = -4 * points * (points**2 - 1)
    assert np.sum((slope - known) ** 2) < 0.05 * np.sum(known**2)
    # Given x, y has its own law whatever x is: E y^2 = .83274549 with a standard error of .5 / sqrt(2000).
    given = model.sample(2000, given={0: 1.0})
    assert np.mean(given[:, 1] ** 2) == pytest.approx(0.83274549, abs=0.05)


def test_gradients_are_those_of_the_values(fitted, small):
    step = 1e-5
    _, gradients = fitted.evaluate(small, gradients=True)
    for k in range(3):
        shift = np.zeros(3)
        shift[k] = step
        slope = (fitted.evaluate(small + shift) - fitted.evaluate(small - shift)) / (2 * step)
        assert np.allclose(slope, gradients[:, :, k], atol=1e-5 * np.abs(gradients).max())


def test_metrics_against_loops():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 2)), rng.normal(size=(50, 2)) + 0.5

    def mean(a, b):
        return np.mean([np.linalg.norm(p - q) for p in a for q in b])

    assert kswgd.metrics.energy_distance(x, y) == pytest.approx(np.sqrt(2 * mean(x, y) - mean(x, x) - mean(y, y)), rel=1e-12)

    def kernel(a, b, same):
        widths = 0.7 * np.array([0.25, 0.5, 1, 2, 4])
        total = [np.mean(np.exp(-np.sum((p - q) ** 2) / (2 * widths**2))) for i, p in enumerate(a) for j, q in enumerate(b) if not (same and i == j)]
        return np.mean(total)

    squared = kernel(x, x, True) + kernel(y, y, True) - 2 * kernel(x, y, False)
    assert kswgd.metrics.mmd(x, y, width=0.7) == pytest.approx(np.sqrt(max(squared, 0)), rel=1e-10)
    # One dimension: every direction is the line itself, and the distance that of sorted points.
    a, b = rng.normal(size=(1000, 1)), rng.normal(size=(1000, 1)) * 2
    assert kswgd.metrics.sliced_wasserstein(a, b) == pytest.approx(np.sqrt(np.mean((np.sort(a, 0) - np.sort(b, 0)) ** 2)), rel=0.02)
    assert kswgd.metrics.classifier_test(x, x + 100)[0] == 1
    assert kswgd.metrics.memorisation_ratio(x + 1e-9, x, y) < 1e-6


def test_weights_count_as_repetitions(well):
    times = np.random.default_rng(0).integers(1, 4, size=len(well))
    repeated = np.repeat(well, times, axis=0)
    a, b = kswgd.Generator(modes=5).fit(well, sample_weight=times), kswgd.Generator(modes=5).fit(repeated)
    assert np.array_equal(a.fitted_eigenvalues_, b.fitted_eigenvalues_) and np.array_equal(a.transform(well), b.transform(well))


@pytest.mark.parametrize("n, d", [(12, 1), (100, 1), (300, 2), (1500, 2)])
def test_equal_weights_are_none(n, d):
    X = np.random.default_rng(n).normal(size=(n, d))
    plain = kswgd.Generator(modes=3).fit(X)
    for weight in (1.0, 0.3) if n < 60 else (1.0, 7.0, 0.3):
        same = kswgd.Generator(modes=3).fit(X, sample_weight=np.full(n, weight))
        assert same._info["features"] == plain._info["features"]
        assert np.allclose(same.fitted_eigenvalues_, plain.fitted_eigenvalues_, rtol=1e-6)


def test_weights_that_hardly_differ_leave_eigenfunctions_as_good():
    """A landmark for each weighted row made 347 features of 400 rows, whose functions were noise elsewhere: scores of .01 where no weights gave .3."""
    fresh = np.random.default_rng(99).normal(size=(4000, 1))
    scores = []
    for weighted in (False, True):
        for seed in range(6):
            random = np.random.default_rng(seed)
            X = random.normal(size=(400, 1))
            scores.append(kswgd.Generator(modes=4).fit(X, sample_weight=random.uniform(0.9, 1.1, 400) if weighted else None).score(fresh))
    assert np.median(scores[6:]) > 0.7 * np.median(scores[:6])


def test_weights_that_are_counts_keep_a_column_of_integers():
    """Ten integers, binomial, as repeated rows, as counts and as shares: one law."""
    values = np.arange(10.0)[:, None]
    counts = np.array([2, 18, 70, 164, 246, 246, 164, 70, 18, 2])
    repeated = kswgd.Generator(modes=2, ordered="no").fit(np.repeat(values, counts, axis=0))
    for weights in (counts, counts / counts.sum()):
        model = kswgd.Generator(modes=2, ordered="no").fit(values, sample_weight=weights)
        assert np.allclose(model.fitted_eigenvalues_, repeated.fitted_eigenvalues_, rtol=1e-6)
        assert model._info["features"] == repeated._info["features"] > 5


def test_a_period_in_another_unit_is_noted():
    degrees = np.degrees(np.random.default_rng(0).vonmises(0, 1, size=(500, 1)))
    assert not kswgd.Generator(manifold="periodic:360").fit(degrees).notes_
    for estimator in (kswgd.Generator, kswgd.DiffusionMap):
        notes = estimator(manifold="periodic:6.283185307179586").fit(degrees).notes_
        assert any("periods of 6.28: is the period in the column's unit?" in note for note in notes)


def test_few_samples_are_draws_and_far_clusters_have_their_width():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(1200, 2)) + 25 * (np.arange(1200) % 2)[:, None]
    model = kswgd.Generator().fit(X)
    with pytest.warns(kswgd.DoubtfulSamples):
        _, normal = model.sample(1000, start="normal", return_report=True)
    new, report = model.sample(1000, return_report=True)
    assert report.begun_again and not normal.begun_again and report.particles == 1000
    assert report.monitors["chi2_ratio"] < normal.monitors["chi2_ratio"] / 10
    for cluster in (new[new[:, 0] < 12.5], new[new[:, 0] > 12.5]):
        assert 480 <= len(cluster) <= 520
        assert np.all(np.abs(cluster.std(axis=0) - 1) < 0.3)
    model = kswgd.Generator().fit(rng.normal(size=(1000, 2)))
    one = [model.sample(1, random_state=seed, return_report=True) for seed in range(6)]
    assert all(report.particles == 2000 and report.verdict == "good" for _, report in one)
    assert len({x.tobytes() for x, _ in one}) == 6
