#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# gvar 13.1.10 and uncertainties 3.2.3, three numbers with variances of 1 and correlations of 0.9, 0.9 and 0.1 (which cannot be: one eigenvalue is -0.22), the uncertainty of x - 2 y + z, whose variance by these numbers
# is -1.
#
# Expected: an error or a warning when such a covariance is handed over, or NaN for the root of -1, as from numpy.sqrt.
# Seen:     gvar keeps the matrix and gives 0 +- 1.0, the root of the absolute value; evalcov of the same number has -1. uncertainties gives 0 +- 0.56: negative eigenvalues are set to 0, so that the variances are 1.05,
#           1.12 and 1.05 and the correlations other ones, without a word. gvar warns when it draws from such numbers (raniter).
# Why it matters: correlations that are estimated pair by pair, with gaps, read off a table of two digits or cut off at long distances are no covariance as a rule. A difference of correlated numbers is where it shows,
#           and where one hopes for a small error; 1.0 is just a number. Look at numpy.linalg.eigvalsh first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 gvar==13.1.10 uncertainties==3.2.3
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import gvar
import numpy as np
import uncertainties

covariance = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.9], [0.1, 0.9, 1.0]])
second = np.array([1.0, -2.0, 1.0])
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    a = gvar.gvar([1.0, 1.0, 1.0], covariance)
    of_gvar = a[0] - 2 * a[1] + a[2]
    b = uncertainties.correlated_values([1.0, 1.0, 1.0], covariance)
    of_uncertainties = b[0] - 2 * b[1] + b[2]
kept = np.array(uncertainties.covariance_matrix(b), dtype=float)
print(f"eigenvalues {np.linalg.eigvalsh(covariance).round(2)}, variance of x - 2 y + z {second @ covariance @ second:.2f}")
print(f"gvar {importlib.metadata.version('gvar')}: {of_gvar}, evalcov {gvar.evalcov([of_gvar])[0, 0]:.2f}")
print(f"uncertainties {importlib.metadata.version('uncertainties')}: {of_uncertainties}, covariance kept {kept.round(2).tolist()}; warnings {len(said)}")
wrong = abs(of_gvar.sdev - 1) < 1e-9 and abs(gvar.evalcov([of_gvar])[0, 0] + 1) < 1e-9 and np.allclose(gvar.evalcov(a), covariance)
other = abs(of_uncertainties.std_dev - 0.559) < 0.001 and abs(kept - covariance).max() > 0.05
sys.exit(0 if wrong and other and not said else 1)
PYTHON
