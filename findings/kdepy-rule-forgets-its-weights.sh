#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# KDEpy 1.1.12, FFTKDE(bw="silverman") fitted with weights, where half of the points, far away and widely spread, have a weight of 1e-9.
#
# Expected: the bandwidth of the points that count, as bw="ISJ" has it, to which the weights are handed, too, and as scipy.stats.gaussian_kde has it.
# Seen:     the bandwidth is that of all points alike: 2.70 instead of 0.31 (ISJ: 0.137, and 0.124 of those points alone). silvermans_rule and scotts_rule take an argument weights and make no use of it. No warning.
# Why it matters: a reweighted or biased trajectory has most of its points where they weigh nothing. Its peaks come out nine times too broad, and the free energy too flat, while the points themselves are weighted as they
#           should be, which is what one checks. Pass a number, from a weighted variance.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 KDEpy==1.1.12
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import KDEpy
import numpy as np
from KDEpy import FFTKDE
from KDEpy.bw_selection import scotts_rule, silvermans_rule
from scipy.stats import gaussian_kde

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
near = rng.normal(size=500)
points = np.concatenate([near, 20 + 3 * rng.normal(size=500)])
weights = np.where(np.arange(1000) < 500, 1.0, 1e-9)


def width(rule, x, weights=None):
    estimate = FFTKDE(bw=rule).fit(x, weights=weights)
    estimate.evaluate(2**12)
    return float(np.ravel(estimate.bw)[0])


widths = {rule: (width(rule, points, weights), width(rule, points), width(rule, near)) for rule in ("silverman", "scott", "ISJ")}
for rule, (weighted, whole, part) in widths.items():
    print(f"KDEpy {KDEpy.__version__}, {rule}: {weighted:.3f} with weights, {whole:.3f} without, {part:.3f} of the points that count")
theirs = gaussian_kde(points, bw_method="silverman", weights=weights)
print(f"SciPy, silverman: {np.sqrt(theirs.covariance[0, 0]):.3f} with weights")
print(f"by the functions: {float(silvermans_rule(points[:, None], weights=weights)):.3f}, {float(scotts_rule(points[:, None], weights=weights)):.3f}")
same = all(abs(widths[rule][0] - widths[rule][1]) < 1e-9 and widths[rule][0] > 5 * widths[rule][2] for rule in ("silverman", "scott"))
sys.exit(0 if same and widths["ISJ"][0] < 1.5 * widths["ISJ"][2] and np.sqrt(theirs.covariance[0, 0]) < 0.4 else 1)
PYTHON
