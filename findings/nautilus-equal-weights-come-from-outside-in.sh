#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# nautilus 1.0.6, Sampler.posterior(equal_weight=True) of a normal distribution of width 0.1 in the square from -1 to 1.
#
# Expected: samples of equal weight in no order, as dynesty gives them (samples_equal): any part of them is a sample of the posterior, too.
# Seen:     they come from the outside in, shell by shell. All have a spread of 0.098; the first quarter 0.15, the last 0.04, the first hundred 0.2, the last hundred 0.014. The documentation speaks of randomly sampled points.
# Why it matters: taking the first thousand (for predictive draws, a plot, a start of chains), a test and a training set, or batches is what samples of equal weight are for: error bars are half as large again, or a seventh.
#           The means of the parts agree, so that a look at them does not tell. Permute them first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 nautilus-sampler==1.0.6
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import nautilus
import numpy as np

warnings.simplefilter("ignore")
prior = nautilus.Prior()
for name in ("a", "b"):
    prior.add_parameter(name, dist=(-1, 1))
sampler = nautilus.Sampler(prior, lambda point: -50 * (point["a"] ** 2 + point["b"] ** 2), n_live=500, seed=0)
sampler.run(verbose=False)
points, weights, _ = sampler.posterior()
equal, logarithms, _ = sampler.posterior(equal_weight=True)
weighted = np.sqrt(np.average(points**2, weights=np.exp(weights), axis=0))
quarters = [np.sqrt(np.mean(part**2)) for part in np.array_split(equal, 4)]
ends = [np.sqrt(np.mean(part**2)) for part in (equal[:100], equal[-100:])]
print(f"nautilus {nautilus.__version__}: {len(equal)} samples, spread of all {np.sqrt(np.mean(equal**2)):.4f}, with weights {weighted.round(4)}")
print(f"quarters {np.round(quarters, 4)}, first and last hundred {np.round(ends, 4)}, difference of log weights {np.ptp(logarithms)}")
same = abs(np.sqrt(np.mean(equal**2)) - 0.1) < 0.01 and np.all(np.diff(quarters) < 0) and np.ptp(logarithms) == 0
sys.exit(0 if same and quarters[0] > 0.13 and quarters[3] < 0.05 and ends[0] > 0.17 and ends[1] < 0.03 else 1)
PYTHON
