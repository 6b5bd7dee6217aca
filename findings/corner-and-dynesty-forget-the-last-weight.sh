#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# corner 2.3.0 (quantile) and dynesty 3.1.0 (utils.quantile), quantiles of weighted samples.
#
# Expected: with whole numbers for weights, about the quantile of the samples repeated so often; and the median of -x is minus that of x.
# Seen:     the weight of the largest sample is left out, by both. The median of 1, 2, 10 with weights 1, 1, 8 is 2 (repeated: 10), whatever the last weight is, and that of -1, -2, -10 is -5.5. A thousand
#           draws of a normal distribution, weighted to one whose mean is three standard deviations away: a median of 2.22 and, mirrored, of -2.37; the weighted median is 2.38. Without weights both are numpy's.
# Why it matters: these are the numbers above the panels of a corner plot, and in the tables of nested sampling and of reweighted chains. Where weights are uneven the sample farthest out is often the heaviest, and it is
#           the one that is dropped; nothing warns. numpy.quantile(x, q, weights=w, method="inverted_cdf") is right.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 corner==2.3.0 dynesty==3.1.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import corner
import dynesty
import numpy as np
from dynesty.utils import quantile

warnings.simplefilter("ignore")
functions = {f"corner {corner.__version__}": corner.quantile, f"dynesty {dynesty.__version__}": quantile}
few, weights = np.array([1.0, 2.0, 10.0]), np.array([1.0, 1.0, 8.0])
many = np.random.default_rng(0).normal(size=1000)
tilt = np.exp(3 * many)
right = np.quantile(many, 0.5, weights=tilt, method="inverted_cdf")
print(f"repeated: {np.median(np.repeat(few, weights.astype(int)))}; a thousand, weighted: {right:.2f}")
same = abs(right - 2.38) < 0.02
for name, function in functions.items():
    plain = function(few, [0.5])[0]
    median, heavier, mirrored = (function(x, [0.5], weights=w / w.sum())[0] for x, w in ((few, weights), (few, weights * [1, 1, 1000]), (-few, weights)))
    forward, backward = (function(sign * many, [0.5], weights=tilt / tilt.sum())[0] for sign in (1, -1))
    print(f"{name}: {median:.2f}, last weight times 1000: {heavier:.2f}, mirrored: {mirrored:.2f}, without weights: {plain:.2f}; a thousand: {forward:.2f} and {backward:.2f}")
    same = same and max(abs(median - 2), abs(heavier - 2), abs(plain - 2), abs(mirrored + 5.5)) < 1e-9 and forward < 2.3 and abs(backward + right) < 0.03
sys.exit(0 if same else 1)
PYTHON
