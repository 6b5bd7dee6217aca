#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# dtaidistance 2.5.1, tslearn 0.10.0 and dtw-python 1.9.0, dynamic time warping of the same two short series, without a window and with a window (Sakoe and Chiba) of 0, 1 and 2 steps.
#
# Expected: one distance from all three without a window; with a window of 0 the Euclidean distance of the rows as they stand, which is what no warping leaves.
# Seen:     5.10, 5.10 and 6: dtw-python adds absolute differences, and counts steps along the diagonal twice, as it comes. With a window of 0 tslearn has the Euclidean distance 5.48; dtaidistance has infinity from
#           distance() and 5.10 from distance_fast(), the same function in C, for which 0 means no window at all. A window of 1 is one step in tslearn (5.10) and none in dtaidistance (5.48), which counts the diagonal.
# Why it matters: the window is what keeps warping from matching anything with anything, and 0 to see what warping adds is the first thing one tries. With the fast version the answer is "nothing"; a width from a paper is
#           another by one, and distances of two packages, squared or not, do not stand beside each other. Check distance(x, y, window) against the norm of x - y.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 dtaidistance==2.5.1 tslearn==0.10.0 dtw-python==1.9.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import importlib.metadata
import sys

import dtw as dtw_python
import numpy as np
from dtaidistance import dtw
from tslearn.metrics import dtw as dtw_tslearn

x, y = np.arange(6.0), np.array([5.0, 0.0, 1.0, 2.0, 3.0, 4.0])
euclidean = np.linalg.norm(x - y)
free = dtw.distance(x, y), dtw.distance_fast(x, y), dtw_tslearn(x, y), dtw_python.dtw(x, y).distance
print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("dtaidistance", "tslearn", "dtw-python")))
print(f"no window: dtaidistance {free[0]:.2f} and {free[1]:.2f} (fast), tslearn {free[2]:.2f}, dtw-python {free[3]:.2f}; Euclidean {euclidean:.2f}")
windows = {}
for window in (0, 1, 2):
    windows[window] = dtw.distance(x, y, window=window), dtw.distance_fast(x, y, window=window), dtw_tslearn(x, y, global_constraint="sakoe_chiba", sakoe_chiba_radius=window)
    print(f"window {window}: dtaidistance {windows[window][0]:.2f} and {windows[window][1]:.2f} (fast), tslearn {windows[window][2]:.2f}")
close = np.isclose
same = close(free[0], free[1]) and close(free[0], free[2]) and close(free[3], 6) and free[0] < euclidean - 0.1
none = np.isinf(windows[0][0]) and close(windows[0][1], free[0]) and close(windows[0][2], euclidean)
one = close(windows[1][0], euclidean) and close(windows[1][1], euclidean) and close(windows[1][2], free[2])
sys.exit(0 if same and none and one else 1)
PYTHON
