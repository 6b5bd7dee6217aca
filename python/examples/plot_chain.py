# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
A Markov chain of a posterior
=============================

An emcee chain is continued without a call of the posterior, and given another prior by weights.
"""

import emcee
import numpy as np

import kswgd

# %%
# A line through noisy points, with a flat prior: the posterior of slope and offset.
rng = np.random.default_rng(0)
x = np.linspace(0, 1, 12)
y = 2 * x - 1 + 0.3 * rng.normal(size=len(x))


def log_posterior(p):
    return -0.5 * np.sum((y - p[0] * x - p[1]) ** 2) / 0.3**2


sampler = emcee.EnsembleSampler(16, 2, log_posterior)
sampler.random_state = np.random.RandomState(1).get_state()
sampler.run_mcmc(rng.normal(size=(16, 2)), 600)
chain = sampler.get_chain(discard=200, flat=True)

# %%
# The chain repeats rows where a step was refused: those are one row with a weight.
model = kswgd.Generator().fit(chain)
new = model.sample(2000)

# %%
# The posterior is normal, its mean and covariance are known: (A^T A)^-1 s^2.
design = np.stack([x, np.ones_like(x)], axis=1)
covariance = 0.09 * np.linalg.inv(design.T @ design)
mean = np.linalg.lstsq(design, y, rcond=None)[0]
print(new.mean(axis=0), mean)
assert np.all(np.abs(new.mean(axis=0) - mean) < 0.25 * np.sqrt(np.diag(covariance)))

# %%
# Another prior, N(1, 0.2^2) for the slope, without a new chain: a tilt W = -log(prior).
tilted = kswgd.Generator().fit(chain, tilt=0.5 * ((chain[:, 0] - 1) / 0.2) ** 2)
informed = tilted.sample(2000)
precision = np.linalg.inv(covariance) + np.diag([1 / 0.04, 0])
posterior = np.linalg.solve(precision, np.linalg.solve(covariance, mean) + np.array([1 / 0.04, 0]))
print(informed.mean(axis=0), posterior, f"{tilted.effective_samples_:.0f} of {len(chain)} rows' worth")
assert np.all(np.abs(informed.mean(axis=0) - posterior) < 0.5 * np.sqrt(np.diag(np.linalg.inv(precision))))
kswgd.plot.corner(informed, new, names=["slope", "offset"])
