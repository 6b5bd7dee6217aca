# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Figures by matplotlib. Each function draws on the Axes that it is given (or makes some) and returns them; colours can be told apart by the colour-blind."""

from __future__ import annotations

import json
import os

import numpy as np

from . import _arrays as arrays
from .estimators import FlowReport, _a_model

#: Okabe, Ito 2008, without yellow, which is faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_GREY = "#999999"
_MAP = "cividis"
#: From one sign to the other through a grey that is seen on white.
_SIGNED = ("#7f3b08", "#e08214", "#d0d0d0", "#8073ac", "#2d004b")


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("kswgd.plot needs matplotlib: pip install 'kswgd[plot]'") from None
    return plt


def _axes(ax):
    return _pyplot().subplots(layout="constrained")[1] if ax is None else ax


def _legend_above(ax):
    """Outside, so that it lies on nothing that is drawn."""
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncol=2, frameon=False, borderaxespad=0.2)


def _legend_beside(ax):
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


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
    return _texts(names, "names", d)


def _texts(values, name, count):
    """As many texts, which are all that a list, a tuple or an array of strings holds."""
    if not isinstance(values, (list, tuple, np.ndarray)) or np.ndim(np.asarray(values, dtype=object)) != 1 or not all(isinstance(v, str) for v in values):
        raise ValueError(f"{name} must be a list of {count} texts, got {type(values).__name__}")
    if len(values) != count:
        raise ValueError(f"{name} must be a list of {count} texts, got {len(values)}")
    return [str(value) for value in values]


def _stacked(X, name="X"):
    parts, _ = arrays.parts(X, name)
    arrays.finite(parts, name)
    return np.concatenate(parts).astype(np.float64, copy=False)


def _lengths(X):
    """Of the trajectories, where X is a list of them."""
    return [len(part) for part in X] if arrays.is_trajectories(X) else ()


def _size(size, n):
    """Area of a marker, in points^2; None: few points are drawn large."""
    return float(np.clip(8000 / max(n, 1), 3, 14)) if size is None else arrays.positive(size, "size")


def _chosen(columns, d, count=None):
    """Numbers of columns, `count` of them where that many are needed."""
    if not isinstance(columns, (list, tuple, np.ndarray)) or np.ndim(np.asarray(columns, dtype=object)) != 1 or (count and len(columns) != count):
        raise ValueError(f"columns must be {f'the numbers of {count} columns' if count else 'a list of numbers of columns'}, got {type(columns).__name__}")
    if count and d < count and list(columns) == list(range(count)):
        raise ValueError(f"the points have {d} column, and this figure shows {count}: kswgd.plot.corner draws one alone")
    return [arrays.count(c, "each of columns", 0, d - 1) for c in columns]


def spectrum(model, exact=None, *, ax=None, unit=None):
    """Eigenvalues of a fitted model with 90 % error bars, beside exact ones (lines) where `exact` gives them, the constant's 0 first. ax: where (None: a new figure).
    unit: of the eigenvalues, for the label (None: the model's)."""
    _a_model(model)._fitted()
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
    _legend_above(ax)
    return ax


def _found(found, kind, function):
    """What the function returns, or a sentence."""
    if type(found).__name__ != kind:
        raise TypeError(f"found must be what kswgd.{function} returned, got {type(found).__name__}")


def _unit_of(model):
    kind = model._info["estimator"]
    return "1 / time" if kind in ("edmd", "generator with diffusion") else "1 / length$^2$"


def _in(unit):
    return f" [{unit}]" if unit and unit != "time" else ""


def timescales(found, *, ax=None, unit=None):
    """Implied time scales that kswgd.timescales found against the lag, with their intervals as bands. Below the grey line a process is faster than the lag. ax: where
    (None: a new figure). unit: of time, for the labels (None: as found)."""
    _found(found, "ImpliedTimescales", "timescales")
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
    seen = [part[np.isfinite(part) & (part > 0)] for part in (found.timescales, found.low, found.high)]
    low, high = ax.get_ylim() if any(part.size for part in seen) else (found.lags.min(), found.lags.max())
    bottom = min(low, found.lags.min())
    ax.fill_between(found.lags, np.full(len(found.lags), bottom), found.lags, color=_GREY, alpha=0.3, linewidth=0)
    top = max(high, found.lags.max())
    ax.set_ylim(bottom, top if top > bottom else 2 * bottom)
    ax.set_xlabel("lag" + _in(unit))
    ax.set_ylabel("implied time scale" + _in(unit))
    _legend_beside(ax)
    return ax


def chapman_kolmogorov(found, *, axes=None, modes=None, unit=None):
    """Autocorrelations that kswgd.chapman_kolmogorov found (points, with the interval of the difference) and predicted from one lag (line), a panel for each mode.
    axes: as many as panels (None: a new figure). modes: how many panels (None: all). unit: of time, for the labels (None: as found)."""
    _found(found, "ChapmanKolmogorov", "chapman_kolmogorov")
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
    _legend_beside(axes[-1])
    return axes


def free_energy(X, columns=(0, 1), *, ax=None, bins=60, weights=None, names=None, most=8.0, unit="kT", model=None, mode=1):
    """-log of the density of two columns of X, its minimum 0, up to `most`; white where nothing was seen. With a model the level lines of its eigenfunction `mode`
    (averaged over each cell) are drawn on it. columns: their numbers. ax: where (None: a new figure). bins: along either side. weights: one for each point.
    names: of all columns. unit: for the label."""
    if model is not None:
        _a_model(model)
    ax = _axes(ax)
    points = _stacked(X)
    i, j = _chosen(columns, points.shape[1], 2)
    w = arrays.column(weights, "weights", len(points), lengths=_lengths(X))
    bins, most = arrays.count(bins, "bins", 1, 10**4), arrays.positive(most, "most")
    titles = _names(names, X, points.shape[1])
    counts, x, y = np.histogram2d(points[:, i], points[:, j], bins=bins, weights=w)  # cells are all of one size
    with np.errstate(divide="ignore"):
        energy = -np.log(counts)
    if not np.isfinite(energy).any():
        raise ValueError("no cell of the columns' range holds a weight that is a positive number")
    energy -= energy[np.isfinite(energy)].min()
    energy[~(energy <= most)] = np.nan
    image = ax.pcolormesh(x, y, energy.T, cmap=_MAP, vmin=0, rasterized=True, shading="flat")
    bar = ax.figure.colorbar(image, ax=ax)
    bar.set_label("free energy" + _in(unit))
    if model is not None:
        mode = arrays.count(mode, "mode", 1, 10**5)
        values = model.evaluate(X, modes=mode)[:, mode]
        sums = np.histogram2d(points[:, i], points[:, j], bins=(x, y), weights=values)[0]
        number = np.histogram2d(points[:, i], points[:, j], bins=(x, y))[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(number > 0, sums / number, np.nan)
        if np.isfinite(mean).any():
            ax.contour((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2, np.ma.masked_invalid(mean).T, levels=7, colors="white", linewidths=0.8)
    ax.set_xlabel(titles[i])
    ax.set_ylabel(titles[j])
    return ax


def points(X, values, columns=(0, 1), *, label="value", ax=None, names=None, size=None):
    """Points on two columns, coloured by a number for each, with a colour bar: around 0 where both signs are there (strays at its ends), of probabilities from
    0 to 1. X: n x d; values: n. columns: their numbers. label: of the values. ax: where (None: a new figure). names: of all columns. size: of a point, its area in
    points^2 (None: by their number)."""
    ax = _axes(ax)
    where = _stacked(X)
    i, j = _chosen(columns, where.shape[1], 2)
    values, size = arrays.column(values, "values", len(where), "point", _lengths(X)), _size(size, len(where))
    if values is None:
        raise ValueError("values is None: a number for each point is needed")
    titles = _names(names, X, where.shape[1])
    low, high, colours = float(values.min()), float(values.max()), _MAP
    if low < 0 < high:
        high = float(np.quantile(np.abs(values), 0.995))
        low, colours = -high, _pyplot().matplotlib.colors.LinearSegmentedColormap.from_list("signed", _SIGNED)
    elif 0 <= low and high <= 1 and high - low > 0.5:
        low, high = 0.0, 1.0
    drawn = ax.scatter(where[:, i], where[:, j], c=values, s=size, cmap=colours, vmin=low, vmax=high, linewidths=0, rasterized=True)
    ax.figure.colorbar(drawn, ax=ax).set_label(label)
    ax.set_xlabel(titles[i])
    ax.set_ylabel(titles[j])
    return ax


def eigenfunction(model, X, mode=1, columns=(0, 1), *, ax=None, names=None, size=None):
    """The points X on two columns, coloured by the eigenfunction `mode` of a model (1: the slowest). columns, ax, names, size: as in points."""
    _a_model(model)
    mode = arrays.count(mode, "mode", 1, 10**5)
    values = model.evaluate(X, modes=mode)
    return points(X, values[:, mode], columns, label=f"eigenfunction {mode}", ax=ax, names=names, size=size)


def committor(found, X, columns=(0, 1), *, ax=None, names=None, size=None):
    """The points X on two columns, coloured by the probability to reach B before A: found is what kswgd.committor says of them. columns, ax, names, size: as in
    points."""
    _found(found, "Committor", "committor")
    return points(X, found.q, columns, label="committor", ax=ax, names=names, size=size)


def flow(data, stages, columns=(0, 1), *, axes=None, titles=None, names=None, size=None):
    """Particles on their way: a panel for each of `stages` (start, ..., end), the data in grey behind. See `sample(..., max_steps=...)` for what lies between.
    columns, names, size: as in points. axes: as many as stages (None: a new figure). titles: of the panels."""
    if not isinstance(stages, (list, tuple)) or not stages:
        raise ValueError("stages must be a list of one array or more")
    stages = [_stacked(stage, "each of stages") for stage in stages]
    points = _stacked(data, "data")
    size = _size(size, len(points))
    if any(stage.shape[1] != points.shape[1] for stage in stages):
        raise ValueError(f"each of stages must have the {points.shape[1]} columns of data")
    i, j = _chosen(columns, points.shape[1], 2)
    if titles is None:
        titles = ["start", *[f"stage {k}" for k in range(1, len(stages) - 1)], "end"][: len(stages)]
    titles = _texts(titles, "titles", len(stages))
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
    """Energy and chi2 of a flow against its own time, of the report of sample(..., return_report=True). They fall within a level, and begin anew on the next. ax: where
    (None: a new figure)."""
    if not isinstance(report, FlowReport):
        raise TypeError(f"report must be the FlowReport of sample(..., return_report=True), got {type(report).__name__}")
    ax = _axes(ax)
    for values, label, colour in ((report.energy, "energy F", COLOURS[0]), (report.chi2, "chi2", COLOURS[1])):
        ax.plot(report.time, values, ".-", markersize=3, color=colour, label=label)
    ax.set_yscale("log")
    ax.set_xlabel("time of the flow")
    _legend_above(ax)
    return ax


def corner(samples, data=None, *, axes=None, columns=None, bins=40, names=None, size=None):
    """Marginals on the diagonal and pairs of columns below it: the samples in colour, the data in grey behind. Returns a d x d array of Axes.
    axes: such an array (None: a new figure). columns: numbers of those to draw (None: all). bins: of each marginal. names: of all columns. size: as in points."""
    points = _stacked(samples, "samples")
    behind = None if data is None else _stacked(data, "data")
    if behind is not None and behind.shape[1] != points.shape[1]:
        raise ValueError(f"samples has {points.shape[1]} columns, data has {behind.shape[1]}")
    chosen = list(range(points.shape[1])) if columns is None else _chosen(columns, points.shape[1])
    labels = _names(names, data if data is not None and names is None and arrays.column_names(samples) is None else samples, points.shape[1])
    d, bins, size = len(chosen), arrays.count(bins, "bins", 1, 10**4), _size(size, len(points))
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
                    ax.scatter(behind[:, j], behind[:, i], s=1.5 * size, color=_GREY, alpha=0.6, linewidths=0, rasterized=True)
                ax.scatter(points[:, j], points[:, i], s=size, color=COLOURS[0], alpha=0.6, linewidths=0, rasterized=True)
                if b == 0:
                    ax.set_ylabel(labels[i])
            if a == d - 1:
                ax.set_xlabel(labels[j])
            else:
                ax.tick_params(labelbottom=False)
            if b > 0 and a != b:
                ax.tick_params(labelleft=False)
    if behind is not None:
        marks = [_pyplot().Line2D([], [], linestyle="", marker="o", color=colour) for colour in (_GREY, COLOURS[0])]
        corner = axes[0, -1]
        beside = dict(loc="lower left", bbox_to_anchor=(0.0, 1.0)) if d == 1 else dict(loc="center")
        corner.legend(marks, ["data", "samples"], frameon=False, **beside)
    return axes


def bench(result, *, ax=None):
    """Each kernel's share of what limits it on this machine. result: what `kswgd bench --json FILE` wrote, as a path or as a dictionary. ax: where
    (None: a new figure)."""
    if not isinstance(result, dict):
        with open(os.fspath(result)) as file:
            result = json.load(file)
    try:
        kernels = [
            (f"{k['name']}, {k['precision']}, n {k['n']}, p {k['features']}, d {k['dimension']}", float(k["fraction_of_limit"]), str(k["limited_by"]), float(k["seconds"]))
            for k in result["kernels"]
        ]
    except (KeyError, TypeError, ValueError):
        raise ValueError("result holds no kernels, as kswgd bench writes them with --json") from None
    if ax is None:
        ax = _pyplot().subplots(figsize=(8, 1.2 + 0.25 * len(kernels)), layout="constrained")[1]
    limits = list(dict.fromkeys(limit for _, _, limit, _ in kernels))
    for limit, colour in zip(limits, np.resize(np.array(COLOURS, dtype=object), len(limits))):
        rows = [k for k, kernel in enumerate(kernels) if kernel[2] == limit]
        ax.barh(rows, [100 * kernels[k][1] for k in rows], height=0.7, color=colour, label=limit)
    for k, (_, share, _, seconds) in enumerate(kernels):
        ax.annotate(f"{1e3 * seconds:.3g} ms", (100 * share, k), xytext=(4, 0), textcoords="offset points", va="center", fontsize="small")
    ax.axvline(100, color="black", linestyle="--", linewidth=0.8)
    ax.set_yticks(range(len(kernels)), [kernel[0] for kernel in kernels], fontsize="small")
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.set_xlim(left=0)
    ax.set_xlabel("% of the limit that was measured beside it")
    _legend_above(ax)
    return ax
