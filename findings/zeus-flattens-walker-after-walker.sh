#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# emcee 3.1.6 and zeus 2.5.4, get_chain(flat=True) and get_chain(discard=100, thin=7), ten walkers and 500 steps. The interface of zeus is that of emcee, so that one word is exchanged.
#
# Expected: the same rows: all walkers of the first step first, and the same steps of a thinned chain.
# Seen:     emcee has step after step, zeus walker after walker: of zeus the first 500 rows are the path of one walker, of emcee they are the ensemble at 50 steps. Thinned, emcee begins with step 106 (the seventh after
#           100), zeus with step 100. Neither documentation has the order; shapes are equal.
# Why it matters: flat.reshape(steps, walkers, -1), flat[:n] as a burn-in to be cut off, batches in order, the correlation of neighbouring rows and a join with log probabilities of another call by hand are right for
#           one and scrambled for the other, and marginal histograms do not show it. Keep the three axes.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 emcee==3.1.6 zeus-mcmc==2.5.4
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import emcee
import numpy as np
import zeus

warnings.simplefilter("ignore")
np.random.seed(0)
start = np.random.randn(10, 2)
options = {"emcee": ({}, {}), "zeus": ({"verbose": False}, {"progress": False})}
found = {}
for name, package in (("emcee", emcee), ("zeus", zeus)):
    making, running = options[name]
    sampler = package.EnsembleSampler(10, 2, lambda x: -0.5 * np.sum(x**2), **making)
    sampler.run_mcmc(start, 500, **running)
    chain, flat, thinned = sampler.get_chain(), sampler.get_chain(flat=True), sampler.get_chain(discard=100, thin=7)
    by_step, by_walker = np.array_equal(flat, chain.reshape(-1, 2)), np.array_equal(flat, chain.swapaxes(0, 1).reshape(-1, 2))
    first = next(step for step in range(500) if np.array_equal(chain[step], thinned[0]))
    found[name] = chain.shape, by_step, by_walker, first
    print(f"{name} {package.__version__}: chain {chain.shape}, flat step after step {by_step}, walker after walker {by_walker}; thinned from step {first}")
sys.exit(0 if found == {"emcee": ((500, 10, 2), True, False, 106), "zeus": ((500, 10, 2), False, True, 100)} else 1)
PYTHON
