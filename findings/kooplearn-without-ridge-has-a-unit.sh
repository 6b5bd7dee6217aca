#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# kooplearn 2.0.3, linear_model.Ridge(alpha=None), eigenvalues of two independent autoregressive columns with factors 0.95 and 0.5, as they are and divided by 100.
#
# Expected: 0.96 and 0.50, those of the least squares fit, in any unit: alpha=None stands for no regularisation, for which the documentation promises "specialized stable algorithms".
# Seen:     1.53 and 0.08, and 15303 and 814 for a hundredth of the data: they go with the inverse of the variance. Predictions are off by as much, no warning. alpha=0 does the same. With reduced_rank=False, and with
#           alpha=1e-6 (as it comes), they are right. With eigen_solver="arpack" one of two components is left out, after a warning about instabilities.
# Why it matters: to take the ridge away is what one does to see whether it matters, as it is not small for data in small units. Eigenvalues above 1, or all close to 0, look like a fault of the data. Take
#           reduced_rank=False, or leave a ridge that is small beside the variance.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 kooplearn==2.0.3
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import kooplearn
import numpy as np
from kooplearn.linear_model import Ridge

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
rows = np.zeros((5000, 2))
for time in range(1, len(rows)):
    rows[time] = [0.95, 0.5] * rows[time - 1] + rng.normal(size=2)


def eigenvalues(x, **options):
    return np.sort(np.abs(Ridge(n_components=2, lag_time=1, eigen_solver="dense", **options).fit(x).eig()))


right = np.sort(np.linalg.eigvals(np.linalg.lstsq(rows[:-1], rows[1:], rcond=None)[0]))
print(f"least squares: {right}")
found = {}
for name, options in (("alpha=None", {"alpha": None}), ("alpha=None, reduced_rank=False", {"alpha": None, "reduced_rank": False}), ("as it comes", {})):
    found[name] = eigenvalues(rows, **options), eigenvalues(rows / 100, **options)
    print(f"kooplearn {kooplearn.__version__}, {name}: {found[name][0]}, of a hundredth {found[name][1]}")
same = all(np.allclose(numbers, right, rtol=0.02) for name in ("alpha=None, reduced_rank=False", "as it comes") for numbers in found[name])
wrong = found["alpha=None"]
sys.exit(0 if same and wrong[0][1] > 1.3 and wrong[0][0] < 0.2 and np.allclose(wrong[1] / wrong[0], 1e4, rtol=0.01) else 1)
PYTHON
