#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# SciPy 1.17.1, scipy.sparse.linalg.lobpcg without a tolerance, smallest eigenvalues of diagonal matrices with entries 1/n, 2/n, ..., 1.
#
# Expected: as many digits at n = 100 000 as at n = 1 000, or a warning where it did not get there.
# Seen:     the default tolerance of the residual is n times 3e-8, whatever the matrix's norm: 3e-5 at n = 1 000, 3e-3 at 100 000. The three eigenvalues come out to within 1e-6 at the
#           first, and at the second 10 to 30 times too large (0.0003 for 0.00001). The search had reached its tolerance, so that nothing is said.
# Why it matters: the slow end of a spectrum, the one that matters for time scales, is exactly what drowns. The method is chosen for large n; a test on a small problem
#           shows it right. Pass tol=1e-8 or so (and look at the residuals).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import scipy
from scipy.sparse import diags_array
from scipy.sparse.linalg import lobpcg

error = {}
for n in (1_000, 100_000):
    exact = np.arange(1, n + 1) / n
    matrix = diags_array(exact)
    start = np.random.default_rng(0).normal(size=(n, 3))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found, vectors = lobpcg(matrix, start, largest=False, maxiter=2000)
    found.sort()
    error[n] = np.max(np.abs(found / exact[:3] - 1))
    residual = np.max(np.linalg.norm(matrix @ vectors - vectors * found, axis=0))
    print(f"SciPy {scipy.__version__}, n = {n}: {found}, exact {exact[:3]}; worst residual {residual:.1e}, said: {[str(x.message)[:60] for x in said]}")
sys.exit(0 if error[1_000] < 1e-3 and error[100_000] > 5 and not said else 1)
PYTHON
