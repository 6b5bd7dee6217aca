# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Distances between sets of points, seen as laws, each beside its i.i.d. floor. Weights count on either side."""

from __future__ import annotations

import typing

from . import _arrays as arrays
from ._native import core


class Score(typing.NamedTuple):
    """A distance, and what as many independent draws of the reference have."""

    value: float
    floor: float
    floor_std: float


class Distances(typing.NamedTuple):
    """Three distances, each beside its floor."""

    sliced_wasserstein: Score
    mmd: Score
    energy_distance: Score


class Scores(typing.NamedTuple):
    """As `kswgd score` prints them."""

    sliced_wasserstein: Score
    mmd: Score
    energy_distance: Score
    n: int  #: points on the samples' side of each comparison
    standardised: Distances  #: in columns divided by the reference's standard deviation
    worst_column: int  #: with the largest Kolmogorov-Smirnov distance
    worst_ks: float


def _sides(x, y, x_weight, y_weight, names=("samples", "reference")):
    sides = [arrays.rows(v, w, name, name + "_weight") for v, w, name in ((x, x_weight, names[0]), (y, y_weight, names[1]))]
    if sides[0].dimension != sides[1].dimension:
        raise ValueError(f"{names[0]} has {sides[0].dimension} columns, {names[1]} has {sides[1].dimension}")
    return sides


def score(samples, reference, *, samples_weight=None, reference_weight=None, repeats=8, random_state=0) -> Scores:
    """Sliced Wasserstein-2, MMD and energy distance of samples (n x d) to points of the true law that the fit never saw (N x d), each beside its floor.
    samples_weight, reference_weight: one for each row. repeats: draws of the reference that make the floor. random_state: the seed."""
    found = core().score(*_sides(samples, reference, samples_weight, reference_weight), arrays.count(repeats, "repeats", 1, 10**6), arrays.seed(random_state))
    plain, even = ([Score(*part[name]) for name in Distances._fields] for part in (found, found["standardised"]))
    return Scores(*plain, found["n"], Distances(*even), found["worst_column"], found["worst_ks"])


def sliced_wasserstein(samples, reference, *, samples_weight=None, reference_weight=None, directions=100, random_state=0) -> float:
    """Sliced Wasserstein-2 distance, in the points' unit of length. samples, reference, samples_weight, reference_weight, random_state: as in score. Cost: directions (n d +
    n log n)."""
    sides = _sides(samples, reference, samples_weight, reference_weight)
    return core().sliced_wasserstein(*sides, arrays.count(directions, "directions", 1, 10**6), arrays.seed(random_state))


def energy_distance(samples, reference, *, samples_weight=None, reference_weight=None) -> float:
    """sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|) (Szekely, Rizzo 2013). samples (X), reference (Y), samples_weight, reference_weight: as in score. Cost: (n + m)^2 d."""
    return core().energy_distance(*_sides(samples, reference, samples_weight, reference_weight))


def mmd(samples, reference, *, samples_weight=None, reference_weight=None, width=None) -> float:
    """Maximum mean discrepancy, unbiased (Gretton et al. 2012), five Gaussian kernels around `width` (None: the reference's median distance). samples,
    reference, samples_weight, reference_weight: as in score."""
    return core().mmd(*_sides(samples, reference, samples_weight, reference_weight), arrays.positive_or(width, "width", 0.0))


def memorisation_ratio(samples, training, held_out) -> float:
    """Median distance to the nearest point of training, that of samples over that of held_out points: near 1 for new samples, near 0 for copies."""
    x, y = _sides(samples, training, None, None, ("samples", "training"))
    return core().memorisation_ratio(x, y, _sides(samples, held_out, None, None, ("samples", "held_out"))[1])


def classifier_test(samples, reference, *, samples_weight=None, reference_weight=None) -> tuple[float, float]:
    """Accuracy of a nearest-neighbour classifier between samples and reference (samples_weight, reference_weight: as in score), each vote left out once, and its standard deviation if they are the same law: .5 where they
    cannot be told apart (Lopez-Paz, Oquab 2017). Cost: N^2 d."""
    return core().classifier_test(*_sides(samples, reference, samples_weight, reference_weight))


