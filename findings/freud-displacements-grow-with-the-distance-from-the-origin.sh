#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# freud 3.4.0, freud.msd.MSD(mode="window") (mean squared displacement over all windows) of a random walk, as it is and with 100, 1000 and 10000 added to its coordinates.
#
# Expected: the same numbers, to what single precision holds of coordinates around 1000: displacements do not know the origin. At lag 0 it is 0.
# Seen:     at lags 0 and 1 0.0000 and 0.0297; with 1000 added 0.32 and 0.36, with 10000 added 7.0 and 25.9; it may be negative, too. What single precision holds of those coordinates still gives 0.0297 in both. The sum is taken
#           apart into squares and a correlation by FFT, which are large and nearly equal. No warning; mode="direct" is right.
# Why it matters: unwrapped coordinates, which this class makes of images itself, wander off: in Angstrom 1000 is a long run of a small box, and a drift of the centre does it sooner. The first lags are where the step from
#           ballistic to diffusive is looked for. Subtract the mean of each particle before.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 freud-analysis==3.4.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import freud
import numpy as np

walk = 0.1 * np.random.default_rng(0).normal(size=(200, 5, 3)).cumsum(axis=0)
box = freud.box.Box.cube(1e5)
right, found = {}, {}
for shift in (0, 100, 1000, 10000):
    kept = (walk + shift).astype(np.float32).astype(float)
    right[shift] = [np.mean(np.sum((kept[lag:] - kept[: len(kept) - lag]) ** 2, axis=2)) for lag in range(3)]
    found[shift] = freud.msd.MSD(box, "window").compute(walk + shift).msd[:3]
    print(f"freud {freud.__version__}, {shift} added: {found[shift].round(4)}, from differences in single precision {np.round(right[shift], 4)}")
kept = (walk + 10000).astype(np.float32)
direct = freud.msd.MSD(box, "direct").compute(walk + 10000).msd[1:3]
print(f"direct, 10000 added: {direct.round(4)}, from differences {np.sum((kept[1:3] - kept[0]) ** 2.0, axis=2).mean(axis=1).round(4)}")
same = np.allclose(found[0], right[0], atol=1e-4) and np.allclose(direct, np.sum((kept[1:3] - kept[0]) ** 2.0, axis=2).mean(axis=1), rtol=1e-3)
sys.exit(0 if same and abs(found[1000][0]) > 0.05 and abs(found[10000][1] - right[10000][1]) > 1 and abs(right[10000][1] - right[0][1]) < 1e-4 else 1)
PYTHON
