#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# scikit-learn 1.9.1, sklearn.metrics.pairwise.rbf_kernel and gaussian_process.kernels.RBF, the same kernel, of times in seconds as computers count them (1.7e9), a few seconds apart.
#
# Expected: the same matrix from both, to rounding: the differences of the times are exact in double precision.
# Seen:     the second is right. The first takes |x|^2 + |y|^2 - 2 x y, numbers of 3e18 of which 512 is the last digit: distances of 1 to 19 s come out as 0 or as 23 s, kernels of a width of
#           10 s as 1 or as 0.08. Nearest neighbours by brute force, which is the choice in 16 and more columns, go by the same distances. No warning.
# Why it matters: time stamps, map coordinates in metres, total energies: large numbers whose differences matter. A kernel matrix of ones and of noise still has eigenvalues,
#           neighbours are some rows of the same minute. Subtract the mean of each column first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.gaussian_process.kernels import RBF
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

times = 1.7e9 + np.arange(20.0)[:, None]
by_pairwise = rbf_kernel(times, gamma=0.5 / 10**2)
by_process = RBF(10.0)(times)
exact = np.exp(-0.5 * (np.subtract.outer(times[:, 0], times[:, 0]) / 10) ** 2)
error = [np.abs(x - exact).max() for x in (by_pairwise, by_process)]
wide = np.hstack([times] + [np.zeros((20, 1))] * 15)
found = NearestNeighbors(n_neighbors=2).fit(wide).kneighbors(wide)[0][:, 1]
print(f"scikit-learn {sklearn.__version__}, kernel of 1.7e9 s with the seconds after it, width 10 s:")
for name, values in (("exact", exact), ("rbf_kernel", by_pairwise), ("RBF", by_process)):
    print(f"  {name}: {values[0, :20:3].round(3)}")
print(f"largest error {error[0]:.2f} and {error[1]:.1e}; distances to the nearest other time (1 s): {np.unique(found.round(1))}")
sys.exit(0 if error[0] > 0.3 and error[1] < 1e-6 and np.abs(found - 1).min() > 0.5 else 1)
PYTHON
