#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# SciPy 1.17.1, scipy.ndimage.uniform_filter1d (moving average) over a series in which one number is NaN, or very large.
#
# Expected: the averages whose window holds that number are spoiled, the others are not; as with numpy.convolve or a loop.
# Seen:     all averages after it are spoiled, to the end of the series: NaN after a NaN, exactly 0 after 1e20 where all data are 1. The sum of the window is carried along, one number
#           in and one out, and never formed anew. The documentation names neither. uniform_filter does so, too.
# Why it matters: smoothing a trajectory with one fill value (netCDF's is 9.97e36), one overflowing energy, one missing frame. NaN at least shows; the zeros look like a
#           process that came to rest. polars 2.1.0's rolling_mean is not so. Replace such numbers first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import scipy
from scipy.ndimage import uniform_filter1d

spoiled = {}
for spike in (np.nan, 1e20):
    series = np.ones(100)
    series[10] = spike
    by_scipy = uniform_filter1d(series, 5)[2:-2]
    by_windows = np.lib.stride_tricks.sliding_window_view(series, 5).mean(axis=1)
    spoiled[spike] = [int(np.sum(~np.isclose(x, 1))) for x in (by_scipy, by_windows)]
    print(f"one {spike} in 100 numbers 1: {spoiled[spike][0]} averages of 5 are not 1 in SciPy {scipy.__version__} (last: {by_scipy[-1]}), {spoiled[spike][1]} in windows by themselves")
sys.exit(0 if all(x[0] > 80 and x[1] == 5 for x in spoiled.values()) else 1)
PYTHON
