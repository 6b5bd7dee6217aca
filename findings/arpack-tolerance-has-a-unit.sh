#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# SciPy 1.17.1, scipy.sparse.linalg.eigsh (ARPACK), the three largest eigenvalues 1, 0.99, 0.98 of a matrix, times the square of a unit.
#
# Expected: the same digits in every unit: the documentation says that tol is the relative accuracy of the eigenvalues, and 0 stands for machine precision.
# Seen:     tol is relative to the eigenvalue or to 3.7e-11 (machine precision to the power 2/3), whichever is larger. Times 1e-44 (momenta in SI) they come out as 1.000,
#           0.985 and 0.939 with the default tolerance, with tol=1e-8 already times 1e-20 (positions in m). Nothing is said; the first iteration's values are within the tolerance.
# Why it matters: covariances of data in SI, as openPMD has them, are of this size, and a principal component, a gap or a spread between eigenvalues is wrong in its second digit. Divide the
#           matrix by its norm before. numpy.linalg.eigvalsh is right in every unit. Spectra 1.0.1 (C++) has the same rule.
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
from scipy.sparse.linalg import eigsh

n = 300
exact = np.array([0.98, 0.99, 1.0])
matrix = diags_array(np.concatenate((exact, 0.9 * np.arange(n - 3, 0, -1) / n))).tocsr()
start = np.random.default_rng(0).normal(size=n)
error = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for tolerance in (0, 1e-8):
        for unit in (1.0, 1e-20, 1e-44):
            found = eigsh(unit * matrix, 3, tol=tolerance, v0=start, return_eigenvectors=True)[0] / unit
            dense = np.linalg.eigvalsh(unit * matrix.toarray())[-3:] / unit
            error[tolerance, unit] = np.max(np.abs(found / exact - 1)), np.max(np.abs(dense / exact - 1))
            print(f"SciPy {scipy.__version__}, tol={tolerance}, times {unit}: {found}, off by {error[tolerance, unit][0]:.1e}; dense off by {error[tolerance, unit][1]:.1e}")
same = all(dense < 1e-12 for _, dense in error.values()) and error[0, 1.0][0] < 1e-12 and error[0, 1e-44][0] > 1e-4
sys.exit(0 if same and error[1e-8, 1.0][0] < 1e-7 and error[1e-8, 1e-20][0] > 1e-4 and not said else 1)
PYTHON
