#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# physt 0.11.0, histograms of the points 0, 1, ..., 4 in the bins 0-1, 1-2, 2-3, 3-4, in one dimension, and of (0, 0), ..., (4, 4) in two.
#
# Expected: as in NumPy, whose functions it stands for: the last bin has its upper edge, so that all five points are counted. In one dimension physt does so.
# Seen:     in two and three dimensions with given edges the point on the last edge is not counted, and missed says 0. With a number of bins in the place of the edges all five are counted.
# Why it matters: edges that come from the data (quantiles, numpy.histogram_bin_edges, from the smallest to the largest) have the largest point on the last edge in each column, and integers and angles
#           at 180 degrees lie there in numbers. The sum is short, marginals of the histogram are not the histograms of the columns, and a lag's joint counts do not add up. Widen the last edge.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 physt==0.11.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import physt

x = np.arange(5.0)
edges = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    line, plane, space, counted = physt.h1(x, edges), physt.h2(x, x, [edges, edges]), physt.h3(np.column_stack((x, x, x)), [edges, edges, edges]), physt.h2(x, x, 4)
seen = {name: (int(h.frequencies.sum()), int(h.missed)) for name, h in (("h1", line), ("h2", plane), ("h3", space), ("h2 with a number of bins", counted))}
by_numpy = int(np.histogramdd((x, x), (edges, edges))[0].sum())
print(f"physt {physt.__version__}, points counted and missed: {seen}; NumPy {by_numpy}; said: {[str(w.message) for w in said]}")
sys.exit(0 if seen == {"h1": (5, 0), "h2": (4, 0), "h3": (4, 0), "h2 with a number of bins": (5, 0)} and by_numpy == 5 and not said else 1)
PYTHON
