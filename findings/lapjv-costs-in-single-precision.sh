#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# lapjv 1.3.27 and lap 0.5.13, optimal assignment for a matrix of costs in double precision, uniform between 0 and 1, and with 1e6 added to each of them; SciPy 1.17.1 for comparison.
#
# Expected: the same assignment, and the same cost less 50 times 1e6: a number that is added to all costs changes no assignment. It is so in SciPy and lap.
# Seen:     lapjv gives an assignment that is worse by 0.14, an eighth, and a cost of 50 times 1e6, with nothing of the 1.165 left: costs are converted to single precision, whatever comes, unless force_doubles=True.
#           help(lapjv) does not name it. Without the offset all agree.
# Why it matters: costs are squared distances, total energies or times, whose differences are what decides. A matching is returned that looks like one; its cost, added up from the matrix, is an upper bound of the
#           distance that nobody questions. Subtract the smallest cost, or pass force_doubles=True.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 lapjv==1.3.27 lap==0.5.13
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import lap
import lapjv
import numpy as np
from scipy.optimize import linear_sum_assignment

cost = np.random.default_rng(0).uniform(size=(50, 50))
rows = np.arange(50)
excess = {}
for offset in (0.0, 1e6):
    shifted = cost + offset
    best = cost[linear_sum_assignment(shifted)].sum()
    single, double = lapjv.lapjv(shifted), lapjv.lapjv(shifted, force_doubles=True)
    excess[offset] = cost[rows, single[0]].sum() - best, cost[rows, double[0]].sum() - best, cost[rows, lap.lapjv(shifted)[1]].sum() - best, single[2][0] - 50 * offset - best
    print(
        f"lapjv {importlib.metadata.version('lapjv')}, lap {importlib.metadata.version('lap')}, offset {offset:g}: best {best:.3f}; above it lapjv {excess[offset][0]:.3f}, with force_doubles {excess[offset][1]:.3f}, "
        f"lap {excess[offset][2]:.3f}; cost as lapjv has it, less the offset, above it {excess[offset][3]:.3f}"
    )
best = cost[linear_sum_assignment(cost)].sum()
same = all(abs(e) < 1e-4 for e in excess[0.0])
sys.exit(0 if same and excess[1e6][0] > 0.05 * best and abs(excess[1e6][1]) < 1e-6 and abs(excess[1e6][2]) < 1e-6 and abs(excess[1e6][3]) > 0.5 else 1)
PYTHON
