#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# emcee 3.1.6 and zeus 2.5.4, the autocorrelation time of the same ensemble: four walkers of 5000 steps (autoregressive, factor 0.9) about 0, 20, 40 and 60, none of which ever leaves its place.
#
# Expected: thousands from both, as none of them has found the distribution that the others sample; both name the same method (Sokal windows), and for walkers that mix they agree.
# Seen:     15.8 and 16.2 where the walkers mix, 15.8 from emcee and 2855 from zeus where they do not. emcee subtracts the mean of each walker before it averages their correlations, zeus that of all. Neither says which.
# Why it matters: 20000 draws over 15.8 are a thousand independent samples of separate states that were never sampled together, and emcee's test of length, fifty autocorrelation times, is passed six times over. A
#           ladder or a start in each well looks converged by one and not by the other. Compare the means of walkers as well (R-hat).
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
rng = np.random.default_rng(0)
steps, walkers, factor = 5000, 4, 0.9
chain = np.zeros((steps, walkers, 1))
chain[0, :, 0] = rng.normal(size=walkers) / np.sqrt(1 - factor**2)
for step in range(1, steps):
    chain[step, :, 0] = factor * chain[step - 1, :, 0] + rng.normal(size=walkers)
apart = chain + 20.0 * np.arange(walkers)[:, None]
times = {}
for name, x in (("together", chain), ("apart", apart)):
    times[name] = float(emcee.autocorr.integrated_time(x)[0]), float(zeus.AutoCorrTime(x)[0])
    print(f"{name}: emcee {emcee.__version__} {times[name][0]:.2f}, zeus {zeus.__version__} {times[name][1]:.2f}; in theory {(1 + factor) / (1 - factor):.1f} of each walker")
(one, other), (blind, seeing) = times["together"], times["apart"]
sys.exit(0 if abs(one - 19) < 4 and abs(other - 19) < 4 and abs(blind - one) < 1e-6 and seeing > 1000 else 1)
PYTHON
