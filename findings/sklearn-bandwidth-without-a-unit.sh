#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# scikit-learn 1.9.1, KernelDensity(bandwidth="scott") and "silverman".
#
# Expected: the rule of Scott, as in scipy.stats.gaussian_kde and R: a width that goes with the spread of the data, and with weights where there are any.
# Seen:     the bandwidth is n^(-1/(d + 4)) alone, the factor of the rule without the standard deviation that it stands before, in the unit of the data whatever that
#           is, and sample_weight does not enter. The documentation says no more than that one of the estimation methods is implemented. No warning.
# Why it matters: a density of 1000 points with a spread of 0.01 (nm, rad) is smeared over 0.25: its peak is 25 times too low, and samples drawn
#           from it are spread 25 times too far. As a baseline for generated samples it loses to anything. Scale columns to unit variance before it.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import scipy
import sklearn
from scipy.stats import gaussian_kde
from sklearn.neighbors import KernelDensity

random = np.random.default_rng(0)
seen = []
for spread in (1.0, 0.01):
    x = spread * random.normal(size=1000)
    for rule in ("scott", "silverman"):
        by_sklearn = KernelDensity(bandwidth=rule).fit(x[:, None])
        by_scipy = gaussian_kde(x, bw_method=rule)
        widths = [by_sklearn.bandwidth_, np.sqrt(by_scipy.covariance[0, 0])]
        at_0 = [np.exp(by_sklearn.score_samples([[0]])[0]), by_scipy(0)[0], 1 / np.sqrt(2 * np.pi) / spread]
        drawn = by_sklearn.sample(4000, random_state=0).std()
        print(f"spread {spread}, {rule}: bandwidth {widths[0]:.4f} (scikit-learn {sklearn.__version__}), {widths[1]:.4f} (SciPy {scipy.__version__}); "
              f"density at 0 {at_0[0]:.2f}, {at_0[1]:.2f}, true {at_0[2]:.2f}; spread of scikit-learn's samples {drawn:.3f}")
        seen.append(np.isclose(widths[0] * spread, widths[1], rtol=0.05) and (spread == 1 or drawn > 20 * spread))
weight = np.r_[np.ones(10), np.full(990, 1e-9)]  # in effect ten points
weighted = KernelDensity(bandwidth="scott").fit(x[:, None], sample_weight=weight).bandwidth_, gaussian_kde(x, weights=weight).factor
print(f"factor with all weight on 10 of 1000 points: {weighted[0]:.3f} (scikit-learn), {weighted[1]:.3f} (SciPy)")
sys.exit(0 if all(seen) and np.isclose(weighted[0], 1000**-0.2) and np.isclose(weighted[1], 10**-0.2, rtol=1e-3) else 1)
PYTHON
