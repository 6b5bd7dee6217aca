# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Systems whose law is known: trajectories and exact draws, as `kswgd simulate` makes them."""

from __future__ import annotations

import numpy as np

from . import _arrays as arrays
from ._native import core
from .estimators import _require_memory


def systems() -> list[dict]:
    """Name, dimension, temperature and law of each system."""
    return core().systems()


def _parameters(temperature, dimension, radius, minor_radius):
    return (
        arrays.positive_or(temperature, "temperature", 0.0),
        arrays.count_or(dimension, "dimension", 0, 1, 10**6),
        arrays.positive_or(radius, "radius", 0.0),
        arrays.positive_or(minor_radius, "minor_radius", 0.0),
    )


def exact(system, samples=10000, *, temperature=None, dimension=None, radius=None, minor_radius=None, random_state=0) -> np.ndarray:
    """Independent draws of a system's exact law, samples x d. system: a name that systems() lists. temperature, dimension, radius, minor_radius: its parameters
    (None: its own). random_state: the seed."""
    parameters = _parameters(temperature, dimension, radius, minor_radius)
    d, _ = core().shape_of_system(arrays.text(system, "system"), *parameters)
    n = arrays.count(samples, "samples", 1, 10**12)
    _require_memory(16 * n * d, "samples")
    out = np.empty((n, d), order="F")
    core().exact(system, out, *parameters, arrays.seed(random_state))
    return out


def simulate(
    system,
    samples=10000,
    *,
    dt=0.01,
    substeps=None,
    burn_in=0,
    trajectories=1,
    temperature=None,
    dimension=None,
    radius=None,
    minor_radius=None,
    random_state=0,
) -> list[np.ndarray]:
    """Trajectories of a system: a list of samples x d arrays, which estimators take as it is. dt: time between frames; substeps: integration steps between
    two of them (None: as many as the system needs); burn_in: frames that are not recorded; trajectories: how many. system, temperature, dimension, radius,
    minor_radius, random_state: as in exact."""
    parameters = _parameters(temperature, dimension, radius, minor_radius)
    d, _ = core().shape_of_system(arrays.text(system, "system"), *parameters)
    frames, many = arrays.count(samples, "samples", 1, 10**12), arrays.count(trajectories, "trajectories", 1, 10**12)
    _require_memory(16 * frames * many * d, "samples or trajectories")
    out = np.empty((frames * many, d), order="F")
    core().simulate(
        system,
        out,
        frames,
        arrays.positive(dt, "dt"),
        arrays.count_or(substeps, "substeps", 0, 1, 2**31 - 1),
        arrays.count(burn_in, "burn_in", 0, 10**15),
        many,
        *parameters,
        arrays.seed(random_state),
    )
    return [out[k * frames : (k + 1) * frames] for k in range(many)]
