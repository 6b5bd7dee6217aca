#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# deeptime 0.5.0, covariance.Covariance(lagtime=1, remove_data_mean=True).fit(x, weights=w) of 3000 rows, equal weights that add up to 3000, to 2, to 1 and to 0.5.
#
# Expected: the same covariances; weights are relative, as in a reweighting to equilibrium, which the documentation has in mind. The means are the same.
# Seen:     a variance of 9.9 is 9.9, 19.8, infinite and -9.9. Sums are divided by the sum of the weights less 1, as if they were counts of rows (bessels_correction=True, as it comes). Symmetrised (reversible=True), by
#           twice the sum less 1: 9.9, 13.2, 19.8 and infinite. No warning but the one of a division by 0.
# Why it matters: normalised weights, exp(-bias) and probabilities of paths add up to 1 or to anything. Time scales do not show it as long as the sum is well above 1, since a factor drops out; with fewer weights, and in kinetic
#           variances, scores and whitened rows, they do. Scale weights to the number of rows, or pass bessels_correction=False.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 deeptime==0.5.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import deeptime
import numpy as np
from deeptime.covariance import Covariance

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
rows = np.zeros((3000, 1))
for time in range(1, len(rows)):
    rows[time] = 0.95 * rows[time - 1] + rng.normal()
right = rows[:-1].var()
found = {}
for total in (3000.0, 2.0, 1.0, 0.5):
    weights = np.full(len(rows), total / (len(rows) - 1))
    options = {"lagtime": 1, "compute_c0t": True, "remove_data_mean": True}
    found[total] = [
        float(Covariance(**options, **more).fit(rows, weights=weights).fetch_model().cov_00[0, 0]) for more in ({}, {"reversible": True}, {"bessels_correction": False})
    ]
    print(f"deeptime {deeptime.__version__}, weights add up to {total}: variance {found[total][0]:.3f}, symmetrised {found[total][1]:.3f}, without the correction {found[total][2]:.3f}; NumPy {right:.3f}")
same = abs(found[3000.0][0] / right - 1) < 1e-2 and all(abs(numbers[2] / right - 1) < 1e-2 for numbers in found.values())
same = same and abs(found[2.0][0] / right - 2) < 1e-2 and abs(found[0.5][0] / right + 1) < 1e-2 and (np.isinf(found[1.0][0]) or abs(found[1.0][0]) > 1e9)
sys.exit(0 if same and abs(found[2.0][1] / right - 4 / 3) < 1e-2 and abs(found[1.0][1] / right - 2) < 1e-2 else 1)
PYTHON
