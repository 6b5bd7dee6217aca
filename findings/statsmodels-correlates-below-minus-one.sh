#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# statsmodels 0.15.0, acf(x) and ccf(x, x) of the same series, a random walk of 100 steps.
#
# Expected: the same numbers: the correlation of a series with itself at a lag is its autocorrelation.
# Seen:     0.98 and 0.99 at lag 1, -0.38 and -0.77 at lag 50, -0.44 and -1.10 at lag 60: no correlation can be. acf divides by the number of rows as it comes (adjusted=False), ccf by the number of pairs at the lag
#           (adjusted=True), but both by one variance of the whole.
# Why it matters: one compares how long a coordinate remembers itself and how long it remembers another, and one of them is stretched by n / (n - lag). Sums of them, for time scales, differ, and a bound on |correlation|, a
#           square root of 1 - c^2 or an arc cosine gives NaN. Name adjusted in both.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 statsmodels==0.15.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import numpy as np
import statsmodels
from statsmodels.tsa.stattools import acf, ccf

warnings.simplefilter("ignore")
walk = np.random.default_rng(0).normal(size=100).cumsum()
alone, crossed, told = acf(walk, nlags=60), ccf(walk, walk), ccf(walk, walk, adjusted=False)
for lag in (1, 10, 50, 60):
    print(f"statsmodels {statsmodels.__version__}, lag {lag}: acf {alone[lag]:.3f}, ccf {crossed[lag]:.3f}, ccf with adjusted=False {told[lag]:.3f}")
same = np.allclose(alone, told[:61]) and np.allclose(alone, crossed[:61] * (1 - np.arange(61) / 100))
sys.exit(0 if same and crossed[60] < -1.05 else 1)
PYTHON
