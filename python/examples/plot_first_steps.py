# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
First steps
===========

Points of an unknown law go in; its spectrum and new points of it come out.
"""

import numpy as np

import kswgd

# %%
# Ten thousand points of a law with four wells. In your work these come from a simulation, a chain, a table.
X = kswgd.datasets.exact("quadruple-well", 10000, random_state=1)

# %%
# No parameter need be set.
model = kswgd.Generator().fit(X)
for value, error in zip(model.eigenvalues_[:5], model.eigenvalue_errors_):
    print(f"{value:8.4f} +- {1.645 * error:.4f}")

# %%
# The eigenvalues of this law are known: sums of two of those of a single double well.
line = np.array([0, 0.74868167, 6.00411367, 11.66069556])
exact = np.sort((line[:, None] + line).ravel())[:9]
kswgd.plot.spectrum(model, exact)

# %%
# Particles start from a normal law and move to the law of the data; those after 5 and 10 steps are seen on their way.
stages = [model.sample(1000, max_steps=steps) for steps in (1, 5, 10)]
new, report = model.sample(1000, return_report=True)
kswgd.plot.flow(X, [*stages, new], titles=["after 1 step", "after 5", "after 10", f"end, {report.steps} steps"])
print(report.verdict, report.monitors)

# %%
# How good are they? Beside the floor, what as many independent draws would have.
scores = kswgd.score(new, kswgd.datasets.exact("quadruple-well", 20000, random_state=2))
print(f"sliced Wasserstein-2 {scores.sliced_wasserstein.value:.4f}, floor {scores.sliced_wasserstein.floor:.4f}")
assert scores.sliced_wasserstein.value < scores.sliced_wasserstein.floor

# %%
# The free energy, with the level lines of the slowest eigenfunction: it tells two pairs of wells apart.
kswgd.plot.free_energy(X, names=["x", "y"], model=model)
