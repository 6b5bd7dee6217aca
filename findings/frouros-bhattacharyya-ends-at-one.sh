#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# frouros 0.9.0, data_drift.BhattacharyyaDistance of normal samples whose means are 1, 2, 4 and 20 standard deviations apart.
#
# Expected: -log of the sum of sqrt(p q), which is the definition: for normal distributions the squared distance of the means over 8, 0.125, 0.5, 2 and 50, or as far as the bins tell; infinity where no bin has both.
# Seen:     0.12, 0.39, 0.87 and 1. It is 1 minus the sum, the square of the Hellinger distance, which the same package has under its own name. It grows to 1 and no further. The documentation names no formula.
# Why it matters: the sum is what bounds the error of a classifier, and distances of independent columns add up by the logarithm only. Numbers beside those of another tool agree where they are small and differ by a
#           factor without end where they matter. Take -numpy.log1p(-distance).
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
from frouros.detectors.data_drift import BhattacharyyaDistance, HellingerDistance

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
sample = rng.normal(size=100000)


def distance(kind, shift):
    detector = kind(num_bins=100)
    detector.fit(X=sample)
    return float(detector.compare(X=sample[::-1] + shift)[0].distance)


same = True
for shift in (1, 2, 4, 20):
    found, hellinger = distance(BhattacharyyaDistance, shift), distance(HellingerDistance, shift)
    print(f"frouros {frouros.__version__}, means {shift} apart: {found:.4f}, Hellinger distance squared {hellinger**2:.4f}, in theory {shift**2 / 8}, -log(1 - found) {-np.log1p(-min(found, 1 - 1e-16)):.3f}")
    same = same and abs(found - hellinger**2) < 1e-6 and abs(found - (1 - np.exp(-(shift**2) / 8))) < 0.03
sys.exit(0 if same else 1)
PYTHON
