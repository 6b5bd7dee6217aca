# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each figure takes and returns Axes, shows what it was given, and can be saved as a vector file."""

import io
import json

import numpy as np
import pytest

import kswgd

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def outside(legend):
    """A legend lies on nothing that is drawn."""
    figure = legend.axes.figure
    figure.canvas.draw()
    inside = legend.get_window_extent().get_points().mean(axis=0)
    return not any(ax.axison and ax.get_window_extent().contains(*inside) for ax in figure.axes)


def saved(figure):
    for kind in ("png", "svg", "pdf"):
        stream = io.BytesIO()
        figure.savefig(stream, format=kind)
        assert len(stream.getvalue()) > 1000


def test_spectrum(fitted):
    ax = plt.figure().add_subplot()
    assert kswgd.plot.spectrum(fitted, exact=[0, 1, 1, 1], ax=ax) is ax
    points = ax.containers[0][0]
    assert np.array_equal(points.get_ydata(), fitted.eigenvalues_)
    assert "1 / length" in ax.get_ylabel() and outside(ax.get_legend())
    saved(ax.figure)


def test_timescales_and_chapman_kolmogorov(walk):
    found = kswgd.timescales(walk, lags=[2, 4, 8], modes=2, bootstrap=20, dt=0.05)
    ax = kswgd.plot.timescales(found)
    assert np.array_equal(ax.lines[0].get_ydata(), found.timescales[:, 0], equal_nan=True) and ax.get_yscale() == "log" and outside(ax.get_legend())
    saved(ax.figure)
    found = kswgd.chapman_kolmogorov(walk, 4, multiples=3, modes=2, bootstrap=20)
    axes = kswgd.plot.chapman_kolmogorov(found)
    assert len(axes) == 2 and np.array_equal(axes[1].lines[0].get_ydata(), found.predicted[:, 1]) and outside(axes[1].get_legend())
    saved(axes[0].figure)


def test_free_energy(walk):
    ax = kswgd.plot.free_energy(walk, names=["x", "y"], model=kswgd.Edmd(lag=4, modes=3).fit(walk))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")
    energy = ax.collections[0].get_array()
    assert energy.min() == 0 and energy.max() <= 8
    saved(ax.figure)
    # A uniform law is flat but for counts: 400 points in a cell have a standard error of 1/20.
    flat = kswgd.plot.free_energy(np.random.default_rng(0).uniform(size=(40000, 2)), bins=10).collections[0].get_array()
    assert flat.max() < 0.4


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_free_energy_of_odd_scales(scale, small):
    plain, scaled = (np.ma.filled(kswgd.plot.free_energy(points, bins=5).collections[0].get_array(), np.nan) for points in (small, scale * small))
    assert np.isfinite(plain).sum() > 5 and np.array_equal(scaled, plain, equal_nan=True)


def test_what_is_no_result_is_refused(fitted, small):
    for call, sentence in (
        (lambda: kswgd.plot.timescales(fitted), "what kswgd.timescales returned, got Generator"),
        (lambda: kswgd.plot.chapman_kolmogorov(None), "what kswgd.chapman_kolmogorov returned"),
        (lambda: kswgd.plot.committor(0.5, small), "what kswgd.committor returned"),
        (lambda: kswgd.plot.history(fitted), "FlowReport"),
        (lambda: kswgd.plot.spectrum(small), "model must be a fitted Generator"),
        (lambda: kswgd.plot.eigenfunction(None, small), "model must be"),
        (lambda: kswgd.plot.free_energy(small, model="model.h5"), "model must be"),
        (lambda: kswgd.states(small, fitted), "model must be a fitted Generator, Edmd or DiffusionMap, got ndarray"),
        (lambda: kswgd.kinetics.survival(small, 1.0), "model must be"),
    ):
        with pytest.raises(TypeError, match=sentence):
            call()
    with pytest.raises(ValueError, match="not fitted"):
        kswgd.plot.spectrum(kswgd.Generator())
    with pytest.raises(ValueError, match="kswgd.plot.corner draws one"):
        kswgd.plot.free_energy(small[:, :1])


@pytest.mark.filterwarnings("error")
def test_time_scales_that_nobody_knows(small):
    for lags in ([1], [1, 2]):
        found = kswgd.timescales(small, lags, modes=2, bootstrap=0)
        assert np.isnan(found.timescales).all()
        saved(kswgd.plot.timescales(found).figure)


def test_points(fitted, small):
    assert kswgd.plot.eigenfunction(fitted, small).get_xlabel() == "x0"
    stages = [fitted.sample(40, max_steps=k) for k in (1, 3)] + [fitted.sample(40)]
    axes = kswgd.plot.flow(small, stages)
    assert [ax.get_title() for ax in axes] == ["start", "stage 1", "end"]
    assert np.array_equal(axes[2].collections[1].get_offsets(), stages[2][:, :2])
    ax = kswgd.plot.history(fitted.sample(40, return_report=True)[1])
    assert ax.get_yscale() == "log" and outside(ax.get_legend())
    saved(axes[0].figure)
    with pytest.raises(ValueError, match="9 modes were asked for, but the model holds 5"):
        kswgd.plot.eigenfunction(fitted, small, 9)


def test_colours_of_points(fitted, small):
    """A number for each point: around 0 where both signs are there, of probabilities from 0 to 1, else as they are."""
    ax = plt.figure().add_subplot()
    found = kswgd.committor(fitted, small, (np.full(3, -1.0), 1.0), (np.full(3, 1.0), 1.0))
    assert kswgd.plot.committor(found, small, ax=ax) is ax
    assert np.array_equal(ax.collections[0].get_array(), found.q) and ax.collections[0].get_clim() == (0, 1)
    assert ax.figure.axes[1].get_ylabel() == "committor"
    saved(ax.figure)
    for values, limits in ((small[:, 0], None), (small[:, 0] ** 2 + 3, (3 + (small[:, 0] ** 2).min(), 3 + (small[:, 0] ** 2).max()))):
        low, high = kswgd.plot.points(small, values, names=["x", "y", "z"]).collections[0].get_clim()
        assert (low, high) == pytest.approx(limits) if limits else low == -high
    with pytest.raises(ValueError, match="a number for each point"):
        kswgd.plot.points(small, small[:5, 0])


def test_bench(program, tmp_path):
    result = program("bench", "--quick", "--points", 200, "--features", 50, "--rounds", 1)
    ax = kswgd.plot.bench(result)
    widths = [bar.get_width() for bars in ax.containers for bar in bars]
    assert sorted(widths) == pytest.approx(sorted(100 * kernel["fraction_of_limit"] for kernel in result["kernels"]))
    assert len(ax.get_yticklabels()) == len(result["kernels"]) and outside(ax.get_legend())
    (tmp_path / "bench.json").write_text(json.dumps(result))
    assert len(kswgd.plot.bench(tmp_path / "bench.json").texts) == len(result["kernels"])
    saved(ax.figure)
    with pytest.raises(ValueError, match="no kernels"):
        kswgd.plot.bench({})


def test_corner(fitted, small):
    pandas = pytest.importorskip("pandas")
    axes = kswgd.plot.corner(fitted.sample(50), pandas.DataFrame(small, columns=["a", "b", "c"]))
    assert axes.shape == (3, 3) and axes[2, 1].get_xlabel() == "b" and axes[2, 0].get_ylabel() == "c" and outside(axes[0, 2].get_legend())
    assert kswgd.plot.corner(small, columns=[0, 2]).shape == (2, 2)
    saved(axes[0, 0].figure)
    with pytest.raises(ValueError, match="columns"):
        kswgd.plot.corner(small, small[:, :2])


def test_colours_differ_for_the_colour_blind():
    """As those see them who lack one of the two kinds of cones that tell red from green (Machado, Oliveira, Fernandes 2009, severity 1)."""
    protanopia = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    deuteranopia = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]

    def least(colours, seen_by):
        rgb = np.array([matplotlib.colors.to_rgb(c) for c in colours])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        seen = np.clip(linear @ np.array(seen_by).T, 0, 1)
        seen = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
        return min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i])

    for seen_by in (protanopia, deuteranopia):
        assert least(kswgd.plot.COLOURS, seen_by) > 0.18 > least([f"C{k}" for k in range(7)], seen_by)  # matplotlib's own are closer
