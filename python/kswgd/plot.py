# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Figures by matplotlib. Each function draws on the Axes that it is given (or makes some) and returns them; colours can be told apart by the colour-blind."""

from __future__ import annotations

import numpy as np

from . import _arrays as arrays

#: Okabe, Ito 2008, without yellow, which is faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_GREY = "#999999"
_MAP, _SIGNED = "cividis", "PuOr"


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("kswgd.plot needs matplotlib: pip install 'kswgd[plot]'") from None
    return plt


def _axes(ax):
    return _pyplot().subplots(layout="constrained")[1] if ax is None else ax


def _many(axes, count, size=2.6):
    """An array of `count` Axes in a row."""
    if axes is None:
        return _pyplot().subplots(1, count, figsize=(size * count, size * 1.05), layout="constrained", squeeze=False)[1][0]
    given = np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
    if len(given) < count:
        raise ValueError(f"{count} Axes are needed, got {len(given)}")
    return given[:count]


def _names(names, X, d):
    """Names of the columns: what is given, those of a data frame, or x0, x1, ..."""
    if names is None:
        names = arrays.column_names(X)
    if names is None:
        return [f"x{k}" for k in range(d)]
    if len(names) != d:
        raise ValueError(f"names must name {d} columns, got {len(names)}")
    return [str(name) for name in names]


def _stacked(X, name="X"):
    parts, _ = arrays.parts(X, name)
    arrays.finite(parts, name)
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _pair(columns, d):
    i, j = (arrays.count(c, "each of columns", 0, d - 1) for c in columns)
    return i, j


def spectrum(model, exact=None, *, ax=None, unit=None):
    """Eigenvalues with 90 % error bars, beside exact ones (lines) where `exact` gives them, the constant's 0 first."""
    ax = _axes(ax)
    values, errors = np.asarray(model.eigenvalues_), np.asarray(model.eigenvalue_errors_)
    k = np.arange(len(values))
    if exact is not None:
        known = arrays.numbers(exact, "exact", 0)
        ax.hlines(known[: len(values)], k[: len(known)] - 0.4, k[: len(known)] + 0.4, color=COLOURS[1], linewidth=1.5, label="exact", zorder=1)
    bars = 1.645 * np.nan_to_num(errors)
    ax.errorbar(k, values, yerr=bars, fmt="o", markersize=4, capsize=3, color=COLOURS[0], label="learned, 90 %", zorder=2)
    ax.set_xlabel("mode")
    ax.set_ylabel("eigenvalue" + _in(unit or _unit_of(model)))
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(loc="upper left", frameon=False)
    return ax


def _unit_of(model):
    kind = model._info["estimator"]
    return "1 / time" if kind in ("edmd", "generator with diffusion") else "1 / length$^2$"


def _in(unit):
    return f" [{unit}]" if unit and unit != "time" else ""


def timescales(found, *, ax=None, unit=None):
    """Implied time scales of kswgd.timescales against the lag, with their intervals as bands. Below the grey line a process is faster than the lag."""
    ax = _axes(ax)
    unit = unit or found.unit
    for k in range(found.timescales.shape[1]):
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(found.lags, found.timescales[:, k], "o-", markersize=3.5, color=colour, label=f"mode {k + 1}")
        ax.fill_between(found.lags, found.low[:, k], found.high[:, k], color=colour, alpha=0.2, linewidth=0)
    ax.set_yscale("log")
    if len(found.lags) > 1:
        ax.set_xscale("log")
        ax.set_xticks(found.lags, [f"{lag:g}" for lag in found.lags])
        ax.minorticks_off()
    high = ax.get_ylim()[1]
    bottom = min(ax.get_ylim()[0], found.lags.min())
    ax.fill_between(found.lags, np.full(len(found.lags), bottom), found.lags, color=_GREY, alpha=0.3, linewidth=0)
    ax.set_ylim(bottom, max(high, found.lags.max()))
    ax.set_xlabel("lag" + _in(unit))
    ax.set_ylabel("implied time scale" + _in(unit))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return ax


def chapman_kolmogorov(found, *, axes=None, modes=None, unit=None):
    """Autocorrelations predicted from one lag (line) and found (points, with the interval of the difference), a panel for each mode."""
    count = found.predicted.shape[1] if modes is None else arrays.count(modes, "modes", 1, found.predicted.shape[1])
    axes = _many(axes, count)
    for k, ax in enumerate(axes):
        predicted, estimated = found.predicted[:, k], found.estimated[:, k]
        ax.plot(found.lags, predicted, "-", color=COLOURS[1], label="predicted")
        # The interval is that of found - predicted.
        below, above = np.nan_to_num(estimated - predicted - found.low[:, k]), np.nan_to_num(found.high[:, k] - (estimated - predicted))
        ax.errorbar(found.lags, estimated, yerr=[np.maximum(below, 0), np.maximum(above, 0)], fmt="o", markersize=3.5, capsize=2, color=COLOURS[0], label="found")
        ax.set_title(f"mode {k + 1}", fontsize="medium")
        ax.set_xlabel("time" + _in(unit or found.unit))
        ax.set_ylim(min(0.0, np.nanmin(estimated)), 1.02)
    axes[0].set_ylabel("autocorrelation")
    axes[-1].legend(frameon=False, loc="best")
    return axes


def free_energy(X, columns=(0, 1), *, ax=None, bins=60, weights=None, names=None, most=8.0, unit="kT", model=None, mode=1):
    """-log of the density of two columns, its minimum 0, up to `most`; white where nothing was seen. With a model the level lines of its eigenfunction `mode`
    (averaged over each cell) are drawn on it."""
    ax = _axes(ax)
    points = _stacked(X)
    i, j = _pair(columns, points.shape[1])
    w = arrays.column(weights, "weights", len(points))
    counts, x, y = np.histogram2d(points[:, i], points[:, j], bins=bins, weights=w, density=True)
    with np.errstate(divide="ignore"):
        energy = -np.log(counts)
    energy -= energy[np.isfinite(energy)].min()
    energy[~(energy <= most)] = np.nan
    image = ax.pcolormesh(x, y, energy.T, cmap=_MAP, vmin=0, rasterized=True, shading="flat")
    bar = ax.figure.colorbar(image, ax=ax)
    bar.set_label("free energy" + _in(unit))
    if model is not None:
        values = model.evaluate(points, modes=arrays.count(mode, "mode", 1, 10**5))[:, mode]
        sums = np.histogram2d(points[:, i], points[:, j], bins=(x, y), weights=values)[0]
        number = np.histogram2d(points[:, i], points[:, j], bins=(x, y))[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(number > 0, sums / number, np.nan)
        if np.isfinite(mean).any():
            ax.contour((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2, np.ma.masked_invalid(mean).T, levels=7, colors="white", linewidths=0.8)
    titles = _names(names, X, points.shape[1])
    ax.set_xlabel(titles[i])
    ax.set_ylabel(titles[j])
    return ax


def eigenfunction(model, X, mode=1, columns=(0, 1), *, ax=None, names=None, size=4):
    """The points on two columns, coloured by an eigenfunction (0 is white or nearly so)."""
    ax = _axes(ax)
    points = _stacked(X)
    i, j = _pair(columns, points.shape[1])
    values = model.evaluate(points, modes=arrays.count(mode, "mode", 1, 10**5))[:, mode]
    most = float(np.quantile(np.abs(values), 0.995)) or 1.0
    drawn = ax.scatter(points[:, i], points[:, j], c=values, s=size, cmap=_SIGNED, vmin=-most, vmax=most, linewidths=0, rasterized=True)
    ax.figure.colorbar(drawn, ax=ax).set_label(f"eigenfunction {mode}")
    titles = _names(names, X, points.shape[1])
    ax.set_xlabel(titles[i])
    ax.set_ylabel(titles[j])
    return ax


def flow(data, stages, columns=(0, 1), *, axes=None, titles=None, names=None, size=4):
    """Particles on their way: a panel for each of `stages` (start, ..., end), the data in grey behind. See `sample(..., max_steps=...)` for what lies between."""
    stages = [arrays.table(stage, "each of stages") for stage in stages]
    if not stages:
        raise ValueError("stages must hold one array or more")
    points = _stacked(data, "data")
    i, j = _pair(columns, points.shape[1])
    if titles is None:
        titles = ["start", *[f"stage {k}" for k in range(1, len(stages) - 1)], "end"][: len(stages)]
    axes = _many(axes, len(stages))
    labels = _names(names, data, points.shape[1])
    for ax, stage, title in zip(axes, stages, titles):
        ax.scatter(points[:, i], points[:, j], s=size, color=_GREY, alpha=0.3, linewidths=0, rasterized=True)
        ax.scatter(stage[:, i], stage[:, j], s=size, color=COLOURS[0], linewidths=0, rasterized=True)
        ax.set_title(title, fontsize="medium")
        ax.set_xlabel(labels[i])
    axes[0].set_ylabel(labels[j])
    return axes


def history(report, *, ax=None):
    """Energy and chi2 of a flow against its own time. They fall within a level, and begin anew on the next."""
    ax = _axes(ax)
    for values, label, colour in ((report.energy, "energy F", COLOURS[0]), (report.chi2, "chi2", COLOURS[1])):
        ax.plot(report.time, values, ".-", markersize=3, color=colour, label=label)
    ax.set_yscale("log")
    ax.set_xlabel("time of the flow")
    ax.legend(frameon=False)
    return ax


def corner(samples, data=None, *, axes=None, columns=None, bins=40, names=None, size=3):
    """Marginals on the diagonal and pairs of columns below it: the samples in colour, the data in grey behind. Returns a d x d array of Axes."""
    points = _stacked(samples, "samples")
    behind = None if data is None else _stacked(data, "data")
    if behind is not None and behind.shape[1] != points.shape[1]:
        raise ValueError(f"samples has {points.shape[1]} columns, data has {behind.shape[1]}")
    chosen = list(range(points.shape[1])) if columns is None else [arrays.count(c, "each of columns", 0, points.shape[1] - 1) for c in columns]
    labels = _names(names, data if data is not None and names is None and arrays.column_names(samples) is None else samples, points.shape[1])
    d = len(chosen)
    if axes is None:
        axes = _pyplot().subplots(d, d, figsize=(1.8 * d + 0.6, 1.8 * d + 0.4), layout="constrained", squeeze=False)[1]
    axes = np.asarray(axes, dtype=object)
    if axes.shape != (d, d):
        raise ValueError(f"axes must be {d} x {d} Axes, got {axes.shape}")
    both = points if behind is None else np.concatenate([points, behind])
    for a, i in enumerate(chosen):
        for b, j in enumerate(chosen):
            ax = axes[a, b]
            if b > a:
                ax.set_axis_off()
                continue
            if a == b:
                edges = np.histogram_bin_edges(both[:, i], bins)
                if behind is not None:
                    ax.hist(behind[:, i], edges, density=True, color=_GREY, alpha=0.5)
                ax.hist(points[:, i], edges, density=True, histtype="step", color=COLOURS[0])
                ax.set_yticks([])
            else:
                if behind is not None:
                    ax.scatter(behind[:, j], behind[:, i], s=2 * size, color=_GREY, alpha=0.5, linewidths=0, rasterized=True)
                ax.scatter(points[:, j], points[:, i], s=size, color=COLOURS[0], alpha=0.6, linewidths=0, rasterized=True)
                if b == 0:
                    ax.set_ylabel(labels[i])
            if a == d - 1:
                ax.set_xlabel(labels[j])
            else:
                ax.tick_params(labelbottom=False)
            if b > 0 and a != b:
                ax.tick_params(labelleft=False)
    return axes
