#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# scikit-learn 1.9.1, QuantileTransformer on more than 10000 rows.
#
# Expected: transform and inverse_transform bring the rows back that it was fitted to, to the grid's rounding: with the largest and the smallest value at the ends.
# Seen:     quantiles are those of 10000 rows drawn from the table (subsample), the ends too. Every value beyond them is moved to the end, both ways: of
#           100000 draws with Student's t, 3 degrees of freedom, the largest falls from 50 to 30 and the smallest rises from -75 to -16. No warning.
# Why it matters: generators of tables work between this transform and its inverse. What they give never reaches the tails of the data, and rows of the data themselves
#           are not found again. Rare states are what one samples for. Set subsample to the number of rows, and n_quantiles with it.
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
from sklearn.preprocessing import QuantileTransformer

data = np.random.default_rng(0).standard_t(3, size=(100_000, 1))
ends = {}
for subsample in (10_000, len(data)):
    transform = QuantileTransformer(output_distribution="normal", subsample=subsample, random_state=0).fit(data)
    back = transform.inverse_transform(transform.transform(data))
    ends[subsample] = back.min(), back.max()
print(f"scikit-learn {sklearn.__version__}, default subsample: {QuantileTransformer().subsample}")
print(f"data from {data.min():.1f} to {data.max():.1f}; after transform and inverse_transform from", *(f"{x:.1f}" for x in ends[10_000]))
print("with subsample = all rows from", *(f"{x:.1f}" for x in ends[len(data)]))
same = QuantileTransformer().subsample == 10_000 and np.allclose(ends[len(data)], [data.min(), data.max()])
sys.exit(0 if same and ends[10_000][0] > 0.5 * data.min() and ends[10_000][1] < 0.9 * data.max() else 1)
PYTHON
