#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# deeptime 0.5.0, TICA(scaling="commute_map") of two independent columns with time scales of about 20 and 1.4 steps (autoregressive), at lags of 1, 5, 20 and 30.
#
# Expected: each coordinate has a variance of half its time scale, as documented (eigenvectors scaled by sqrt(timescale / 2)), damped where the time scale is short beside the lag; 0 never.
# Seen:     half of that and less: 6.2 where the time scale is 23.8, at lags 1 and 5; 3.0 where it is 17.6, at lag 20. What is faster than some two thirds of the lag is exactly 0: the second coordinate from lag 5 on, and at
#           lag 30, where the first has come out at 13.5, both, so that all rows are the same point. A step is added to each time scale, too. No warning.
# Why it matters: distances between rows are read as times, and are too short by the root of two. A column of zeros looks like a dimension that the data do not have; clusters of one point are one state. Scale by hand:
#           scaling=None and numpy.sqrt(timescales / 2).
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
from deeptime.decomposition import TICA

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
rows = np.zeros((3000, 2))
for time in range(1, len(rows)):
    rows[time] = [0.95, 0.5] * rows[time - 1] + rng.normal(size=2)
found = {}
for lag in (1, 5, 20, 30):
    model = TICA(lagtime=lag, scaling="commute_map").fit_fetch(rows)
    plain = TICA(lagtime=lag, scaling=None).fit_fetch(rows)
    found[lag] = model.transform(rows).var(axis=0), model.timescales(), plain.transform(rows).var(axis=0)
    print(f"deeptime {deeptime.__version__}, lag {lag}: time scales {found[lag][1].round(2)}, variances {found[lag][0].round(3)}, without scaling {found[lag][2].round(3)}")
same = all(np.allclose(plain, 1, atol=0.01) for _, _, plain in found.values())
halves = [found[lag][0][0] / (found[lag][1][0] / 2) for lag in (1, 5)]
sys.exit(0 if same and all(0.5 < half < 0.55 for half in halves) and found[5][0][1] == found[20][0][1] == 0 and np.all(found[30][0] == 0) else 1)
PYTHON
