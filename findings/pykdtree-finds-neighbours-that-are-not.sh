#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# pykdtree 1.4.3, four nearest neighbours among two points, and the nearest ones of a point with a NaN; scipy.spatial.KDTree is what its interface follows.
#
# Expected: as in SciPy: a distance of infinity, and the number of points for an index, where there is no neighbour; a NaN in a query is refused. With distance_upper_bound pykdtree does just that.
# Seen:     a distance of 1.34e154 (the root of the largest double), which is finite, and 2^32 - 1 for an index, for the third and fourth neighbour and for all neighbours of the point with a NaN. Nothing is said.
# Why it matters: numpy.isinf and isfinite are how one leaves such neighbours out. Means of distances, bandwidths by the k-th neighbour and entropies by Kozachenko and Leonenko take the number as it is (its
#           logarithm is 355, nothing that stands out); in clusters of fewer than k points, or a frame with a gap. Ask for indices < n.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 pykdtree==1.4.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import pykdtree.kdtree
import scipy.spatial

points = np.array([[0.0, 0.0], [3.0, 4.0]])
seen = {}
for name, tree, made in (("pykdtree", pykdtree.kdtree.KDTree(points), version("pykdtree")), ("SciPy", scipy.spatial.KDTree(points), version("scipy"))):
    few = tree.query(np.array([[0.0, 0.0]]), k=4)
    bound = tree.query(np.array([[0.0, 0.0]]), k=2, distance_upper_bound=1.0)
    try:
        lost = tree.query(np.array([[np.nan, 0.0]]), k=2)
    except ValueError as error:
        lost = str(error)
    seen[name] = few, bound, lost
    print(f"{name} {made}: four of two {few[0]} {few[1]}; within a bound {bound[0]} {bound[1]}; of NaN {lost}")
(d, i), (bound, j), (lost, m) = seen["pykdtree"]
far = np.sqrt(np.finfo(float).max)
same = np.allclose(d, [[0, 5, far, far]]) and np.all(i[0, 2:] == 2**32 - 1) and np.isinf(bound[0, 1]) and j[0, 1] == 2 and np.allclose(lost, far) and np.all(m == 2**32 - 1)
(d, i), (bound, j), lost = seen["SciPy"]
sys.exit(0 if same and np.all(np.isinf(d[0, 2:])) and np.all(i[0, 2:] == 2) and np.isinf(bound[0, 1]) and isinstance(lost, str) else 1)
PYTHON
