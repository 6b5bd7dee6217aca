#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# deeptime 0.5.0, TICA and VAMP of two columns, of which the slow one is kept in a larger unit (its numbers are small).
#
# Expected: the same time scales whatever the units are; both methods are invariant under invertible linear maps of the columns, and their literature says so.
# Seen:     directions whose variance is below 1e-6, in the square of the data's unit, are taken for constant and left out: with the slow column divided by 2000 its time scale, 100 steps, is gone
#           and that of the fast one, 1.4, is the first. The cut (epsilon) is not relative to the largest variance. No warning, unless nothing is left at all.
# Why it matters: distances in nm beside angles in rad, charges beside coordinates, data in SI (openPMD): the slowest process is the one that is sought, and a small spread is no sign against it. Scale each column to unit
#           variance first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 deeptime==0.5.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
from deeptime.decomposition import TICA, VAMP
from scipy.signal import lfilter

noise = np.random.default_rng(0).normal(size=(2, 50_000))
slow, fast = (lfilter([np.sqrt(1 - rho**2)], [1, -rho], x) for rho, x in zip((0.99, 0.5), noise))
seen, said = {}, []
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for unit in (1, 2000):
        data = np.column_stack((slow / unit, fast))
        scales = TICA(lagtime=1).fit_fetch(data).timescales()
        singular = VAMP(lagtime=1).fit_fetch(data).singular_values
        seen[unit] = scales, singular
        print(f"deeptime {version('deeptime')}, slow column / {unit}: TICA {scales}, VAMP {singular}; exact {-1 / np.log([0.99, 0.5])}")
said = [str(x.message) for x in said if "constant" in str(x.message) or "rank" in str(x.message)]
same = len(seen[1][0]) == 2 and seen[1][0][0] > 80 and len(seen[2000][0]) == 1 and seen[2000][0][0] < 2 and len(seen[2000][1]) == 1
sys.exit(0 if same and not said else 1)
PYTHON
