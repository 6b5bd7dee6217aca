#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# frouros 0.9.0, data_drift.PSI (population stability index, ten bins) of two samples of 500 from one normal distribution, and with one more sample of 6 in one of them.
#
# Expected: near 0, and near 0 still; one sample in 500 is two thousandths of the mass. By the usual rule 0.1 is little and 0.25 is much.
# Seen:     0.03, and 1.41 with the outlier. Two samples of 100: above 5 in 29 of 50 cases, up to 49. A bin that is empty in one sample is given the smallest number that a double can hold, 2e-308, whose logarithm is -708: each
#           sample of 100 in such a bin adds 7.08. Implementations elsewhere put 1e-4 or so there. No warning, and the example of the documentation has 135.
# Why it matters: ten bins from the smallest to the largest of both samples have nearly empty ones at their ends as a rule. The number tells how many samples lie there and nothing of the distributions; a threshold
#           that is tuned on large sets alarms at each small one. Merge bins until each holds some of both.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.1.3 scipy==1.14.1 frouros==0.9.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import frouros
import numpy as np
from frouros.detectors.data_drift import PSI

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)


def index(x, y):
    detector = PSI()
    detector.fit(X=x)
    return float(detector.compare(X=y)[0].distance)


small = np.array([index(rng.normal(size=100), rng.normal(size=100)) for _ in range(50)])
one, other = rng.normal(size=500).clip(-2.5, 2.5), rng.normal(size=500).clip(-2.5, 2.5)
plain, outlier = index(one, other), index(one, np.append(other, 6.0))
print(f"frouros {frouros.__version__}: 500 and 500 {plain:.3f}, with one at 6 {outlier:.3f}")
print(f"100 and 100, fifty times: {(small > 0.25).sum()} above 0.25, {(small > 5).sum()} above 5, largest {small.max():.1f}")
sys.exit(0 if plain < 0.1 and outlier > 1 and (small > 5).sum() > 25 else 1)
PYTHON
