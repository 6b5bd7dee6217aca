#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# POT 0.9.7, ot.dist(x, y, metric, w=[1, 0]), distances in which the second column is to count for nothing, with backend="auto" (as it comes) and backend="scipy".
#
# Expected: the same numbers from both backends: distances of the first column alone, as scipy.spatial.distance.cdist has them; or an error for metrics that cannot be weighted ("weights for the weighted metrics", it says there).
# Seen:     backend="scipy" takes w in each of eight metrics. With backend="auto" sqeuclidean (the default), euclidean, cityblock, chebyshev, canberra, braycurtis and cosine leave it out and give the distances of both
#           columns; minkowski, with p=2 the same as euclidean, takes it. Nothing is said.
# Why it matters: transport plans, barycentres and distances come of this matrix. Weights are how one brings columns of several units together, or takes one out to see what it does; here taking it out changes nothing, and
#           the column seems not to matter. Multiply the columns by the roots of the weights.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 POT==0.9.7.post1
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import numpy as np
import ot
from scipy.spatial.distance import cdist

rng = np.random.default_rng(0)
x, y = rng.normal(size=(5, 2)), rng.normal(size=(4, 2))
weights = np.array([1.0, 0.0])
same = True
for metric in ("sqeuclidean", "euclidean", "cityblock", "chebyshev", "canberra", "braycurtis", "cosine", "minkowski"):
    options = {"p": 2} if metric == "minkowski" else {}
    weighted, plain = cdist(x, y, metric, w=weights, **options), cdist(x, y, metric, **options)
    auto, scipy = (ot.dist(x, y, metric=metric, w=weights, backend=backend, **options) for backend in ("auto", "scipy"))
    left_out = bool(np.allclose(auto, plain))
    print(f"POT {ot.__version__}, {metric}: backend auto {auto[0, 1]:.4f}, scipy {scipy[0, 1]:.4f}; SciPy {weighted[0, 1]:.4f} with weights, {plain[0, 1]:.4f} without")
    same = same and np.allclose(scipy, weighted) and not np.allclose(weighted, plain) and left_out == (metric != "minkowski") and (left_out or np.allclose(auto, weighted))
sys.exit(0 if same else 1)
PYTHON
