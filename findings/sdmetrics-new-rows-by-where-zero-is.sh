#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# sdmetrics 0.32.0, NewRowSynthesis (the share of generated rows that are not copies of rows of the data), of two independent normal samples, and of both with 1000 added.
#
# Expected: the same share, near 1: copies stay copies, and other rows stay other rows, when the origin is moved; tolerances are relative to the spread or the range of a column.
# Seen:     0.99 and 0: a number is a copy where it is within 1 % of its own size. Around 1000 that is ten standard deviations, so that every row is a copy of some row; around 0 the tolerance is
#           next to nothing, so that copies with rounding or noise are new.
# Why it matters: temperatures in kelvin, years, pressures, pH: whether a generator is blamed for copying data, or cleared of it, is a matter of the unit's zero. Subtract the mean and
#           divide by the spread before, or count with a distance.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 sdmetrics==0.32.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
from sdmetrics.single_table import NewRowSynthesis

rng = np.random.default_rng(0)
real, other = (pd.DataFrame(rng.normal(size=(1000, 2)), columns=["a", "b"]) for _ in range(2))
metadata = {"columns": {name: {"sdtype": "numerical"} for name in "ab"}}
seen = {}
for shift in (0, 1000):
    new = float(NewRowSynthesis.compute(real + shift, other + shift, metadata))
    copied = float(NewRowSynthesis.compute(real + shift, real + shift, metadata))
    seen[shift] = new, copied
    print(f"sdmetrics {version('sdmetrics')}, {shift} added: of another sample {new:.3f} are new, of a copy {copied:.3f}")
sys.exit(0 if seen[0][0] > 0.9 and seen[1000][0] < 0.01 and seen[0][1] == seen[1000][1] == 0 else 1)
PYTHON
