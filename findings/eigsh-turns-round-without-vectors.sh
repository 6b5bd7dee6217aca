#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# SciPy 1.17.1, scipy.sparse.linalg.eigsh(matrix, 4, which="SA" or "SM"), with and without return_eigenvectors=False.
#
# Expected: the same numbers in the same order; vectors that are not asked for do not change the values.
# Seen:     with vectors the values ascend, 0.003 first; without them they descend, 0.012 first. With "LA", "LM", "BE" and with sigma both ascend. The documentation names no order. scipy.sparse.linalg.eigs has
#           other orders without vectors, too.
# Why it matters: a scan over lags or parameters leaves the vectors away, as it needs none, and takes [0] for the slowest and [1] for the gap, as it was tried out with vectors. The fourth
#           eigenvalue is a plausible gap. numpy.sort the values.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import scipy
from scipy.sparse import diags_array
from scipy.sparse.linalg import eigsh

n = 300
exact = 0.9 * np.arange(1, n + 1) / n
matrix = diags_array(exact).tocsr()
turned = {}
for name, options in (("SA", {"which": "SA"}), ("SM", {"which": "SM"}), ("LA", {"which": "LA"}), ("LM", {"which": "LM"}), ("BE", {"which": "BE"}), ("sigma", {"sigma": 0.0})):
    both = eigsh(matrix, 4, **options)[0]
    alone = eigsh(matrix, 4, return_eigenvectors=False, **options)
    turned[name] = not np.allclose(both, alone)
    print(f"SciPy {scipy.__version__}, {name}: with vectors {both}, without {alone}")
    if turned[name] and not np.allclose(both, alone[::-1]):
        sys.exit(1)
sys.exit(0 if turned == {"SA": True, "SM": True, "LA": False, "LM": False, "BE": False, "sigma": False} else 1)
PYTHON
