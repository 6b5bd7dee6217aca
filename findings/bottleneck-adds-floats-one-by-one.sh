#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Bottleneck 1.6.0, nanmean and nanstd of 20 million numbers of single precision, all 300.15.
#
# Expected: 300.15 and 0, as numpy.nanmean has them (300.15 to 7 digits), with the same type; "fast NumPy array functions" differ in speed.
# Seen:     315.1 and 14.7. Numbers are added one after another in single precision: past 2^32 or so the sum grows by multiples of 512, and each addend is rounded to one. The sum of 2^25 ones is 2^24. NumPy adds
#           in pairs. No warning; arrays of a few thousand rows agree.
# Why it matters: trajectories are single precision (XTC, TRR, DCD, GPU codes), and are long. A mean temperature comes out 15 K too hot, a standard deviation of nothing is 15 K, and both
#           change with the length of the file. Pass astype(float), or numpy's functions.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 bottleneck==1.6.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import bottleneck
import numpy as np

x = np.full(20_000_000, 300.15, np.float32)
ones = np.ones(2**25, np.float32)
seen = float(bottleneck.nanmean(x)), float(bottleneck.nanstd(x)), float(bottleneck.nansum(ones))
by_numpy = float(np.nanmean(x)), float(np.nanstd(x)), float(np.nansum(ones))
print(f"Bottleneck {bottleneck.__version__}: mean {seen[0]:.2f}, standard deviation {seen[1]:.2f}, sum of ones {seen[2]:.0f}")
print(f"NumPy {np.__version__}: mean {by_numpy[0]:.2f}, standard deviation {by_numpy[1]:.2g}, sum of ones {by_numpy[2]:.0f}")
short = float(bottleneck.nanmean(x[:1000]))
same = seen[0] > 310 and seen[1] > 10 and seen[2] == 2**24 and abs(short - 300.15) < 0.01
sys.exit(0 if same and abs(by_numpy[0] - 300.15) < 0.01 and by_numpy[1] < 0.01 and by_numpy[2] == 2**25 else 1)
PYTHON
