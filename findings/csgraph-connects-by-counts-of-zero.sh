#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# SciPy 1.17.1 and deeptime 0.5.0, connected sets of a sparse matrix of transition counts in which rare counts were set to 0.
#
# Expected: a count of 0 is no transition, as in the same matrix stored densely: three states that never meet.
# Seen:     scipy.sparse.csgraph.connected_components goes by the elements that are stored, whatever their value: one set of three states from the sparse matrix, three sets from the dense one.
#           deeptime's connected_sets hands both through, and so do is_connected and TransitionCountModel.connected_sets() (with a threshold it is right).
# Why it matters: counts.data[counts.data < 5] = 0 and counts.multiply(mask) of a mask with zeros leave zeros that are stored. A process that falls apart passes the test that is there to tell, and
#           its eigenvalues 1, one a part, are read as slow processes. counts.eliminate_zeros() first.
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
import scipy
from deeptime.markov import TransitionCountModel
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

stored = csr_matrix(np.array([[50.0, 1, 0], [1, 50, 1], [0, 1, 50]]))
stored.data[stored.data < 5] = 0
cleaned = stored.copy()
cleaned.eliminate_zeros()
seen = {}
for name, counts in (("zeros stored", stored), ("zeros eliminated", cleaned), ("dense", stored.toarray())):
    parts, _ = connected_components(counts, directed=True, connection="strong")
    sets = [[int(state) for state in part] for part in TransitionCountModel(counts).connected_sets()]
    seen[name] = parts, len(sets)
    print(f"{name}: SciPy {scipy.__version__} {parts} sets, deeptime {version('deeptime')} {sets}")
assert np.array_equal(stored.toarray(), cleaned.toarray())
sys.exit(0 if seen == {"zeros stored": (1, 1), "zeros eliminated": (3, 3), "dense": (3, 3)} else 1)
PYTHON
