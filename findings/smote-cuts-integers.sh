#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# imbalanced-learn 0.14.2, SMOTE on a table of integers (counts, grades, years).
#
# Expected: new rows lie between two rows of the minority class; in a table of integers they are rounded, or come back as floats, and their
#           mean is that of the same table of floats.
# Seen:     the interpolated rows are cast to the table's type, which cuts towards 0. Every column's mean falls by about .4, half a unit wherever
#           two neighbours differ; negative columns rise as much. No warning.
# Why it matters: SMOTE is a baseline for generated tables. With integer columns its samples have another mean than the data, by a share of a
#           standard deviation in columns of few grades, and a comparison on them flatters whatever stands beside it. Give it floats and round.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 imbalanced-learn==0.14.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import imblearn
import numpy as np
from imblearn.over_sampling import SMOTE

random = np.random.default_rng(0)
table = random.integers(-9, 10, (440, 1))
table = np.hstack([np.abs(table), -np.abs(table), random.integers(0, 10, (440, 1))])
label = np.repeat([0, 1], [400, 40])
of_integers = SMOTE(random_state=0).fit_resample(table, label)[0][440:]
of_floats = SMOTE(random_state=0).fit_resample(table.astype(float), label)[0][440:]
difference = of_integers.mean(axis=0) - of_floats.mean(axis=0)
rounded = np.rint(of_floats).mean(axis=0) - of_floats.mean(axis=0)
print(f"imbalanced-learn {imblearn.__version__}, {len(of_integers)} new rows of type {of_integers.dtype}")
print("mean of new rows less that from the same table as floats:", difference.round(3))
print("where floats are rounded:", rounded.round(3))
cut = np.array_equal(of_integers, np.trunc(of_floats))
sys.exit(0 if cut and difference[0] < -0.2 and difference[1] > 0.2 and difference[2] < -0.2 and np.all(np.abs(rounded) < 0.1) else 1)
PYTHON
