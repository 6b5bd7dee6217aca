#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# POT 0.9.7, wasserstein_1d and sliced_wasserstein_distance with weights that do not add up to 1 (counts), or not to the same sum.
#
# Expected: weights are normalised, as in scipy.stats.wasserstein_distance; or refused where their sums differ, as by POT's emd2 ("a and b vector must have the same sum").
# Seen:     the distance is multiplied by the sum of the weights. Where the sums differ a number comes back all the same: a distribution with weights times 5 has a distance of 13 to one at a distance of 1. For
#           the sliced distance the factor is the square root of the sum. No warning.
# Why it matters: numbers of visits, weights from reweighting, multiplicities of equal rows. A distance that is compared with one from another library, or between data of different sizes,
#           grows with the number of rows; two with different sums have no meaning. Divide weights by their sum.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 POT==0.9.7.post1
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import numpy as np
import ot
import scipy
from scipy.stats import wasserstein_distance

rng = np.random.default_rng(0)
x, y = rng.normal(size=50), rng.normal(size=50) + 1
counts = rng.integers(1, 5, 50).astype(float)
p = counts / counts.sum()
seen = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for name, a, b in (("normalised", p, p), ("counts", counts, counts), ("5 p against p", 5 * p, p)):
        line = float(ot.wasserstein_1d(x, y, a, b, p=1))
        sliced = float(ot.sliced_wasserstein_distance(x[:, None], y[:, None], a, b, seed=0))
        by_scipy = float(wasserstein_distance(x, y, a, b))
        try:
            by_emd = float(ot.emd2(a, b, ot.dist(x[:, None], y[:, None], "euclidean")))
        except AssertionError:
            by_emd = None
        seen[name] = line, sliced, by_scipy, by_emd
        print(f"{name}: POT {ot.__version__} wasserstein_1d {line:.3f}, sliced {sliced:.3f}, emd2 {by_emd}; SciPy {scipy.__version__} {by_scipy:.3f}")
one, many, uneven = seen.values()
same = np.isclose(one[0], one[2]) and np.isclose(many[0], counts.sum() * one[0]) and np.isclose(many[1], np.sqrt(counts.sum()) * one[1]) and np.isclose(many[2], one[2])
sys.exit(0 if same and uneven[0] > 5 * one[0] and np.isclose(uneven[2], one[2]) and uneven[3] is None and not said else 1)
PYTHON
