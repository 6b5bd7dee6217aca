#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# deeptime 0.5.0, TICA (and what else takes time series) fitted to two trajectories, in a list and in a tuple.
#
# Expected: the same; in Python a tuple of arrays is as good as a list of them, and three or one in a tuple are not taken otherwise than two.
# Seen:     two trajectories in a tuple are taken for one pair of blocks, the second being the first one lag time later. The lag that was asked for plays no part; frame i of one
#           run is paired with frame i of the other. Where the runs have the same length nothing is said.
# Why it matters: two replicas, kept in a tuple or unpacked from a function that returns two, give a spectrum of nothing: here 0.3 and less where the process
#           has 0.95. With a third replica the same line is right or an error. Write list(trajectories).
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

warnings.simplefilter("ignore")
import numpy as np
from deeptime.decomposition import TICA

random = np.random.default_rng(0)
runs = []
for _ in range(2):  # a process with eigenvalue 0.95 and noise beside it
    x = np.zeros((20_000, 2))
    for i in range(1, len(x)):
        x[i] = [0.95, 0.1] * x[i - 1] + random.normal(size=2)
    runs.append(x)
seen = {kind.__name__: np.abs(TICA(lagtime=1).fit_fetch(kind(runs)).singular_values) for kind in (list, tuple)}
print(f"deeptime {version('deeptime')}, singular values at lag 1 of two runs whose process has 0.95 and 0.1:")
for kind, values in seen.items():
    print(f"  runs in a {kind}: {values.round(3)}")
sys.exit(0 if abs(seen["list"][0] - 0.95) < 0.01 and seen["tuple"].max() < 0.3 else 1)
PYTHON
