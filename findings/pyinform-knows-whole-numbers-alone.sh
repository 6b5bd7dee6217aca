#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# pyinform 0.2.0, mutual_info and block_entropy of a series of floats with itself: numbers between 0 and 0.9, and the same times 10 and times 100.
#
# Expected: an error for numbers that are no states, as there is one for negative ones ("negative state in timeseries"); or the same information in each unit.
# Seen:     0 bits, 3.2 and 6.4: the numbers are cut to integers, which are the states. Below 1 there is one state, and a series has nothing in common with itself. Negative numbers above -1 are 0, too, and pass. No
#           warning.
# Why it matters: correlations of columns in units where they are small (nm, probabilities, angles in rad) have no information, in units where they are large (pm, degrees) almost all that as many rows can hold, and
#           transfer entropies go the same way: "no coupling" is a plausible result. Sort into bins first, and look at the number of states.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 pyinform==0.2.0
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np
from pyinform import block_entropy, mutual_info
from pyinform.error import InformError

x = np.random.default_rng(0).uniform(0, 0.9, size=1000)
bits = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for factor in (1, 10, 100):
        bits[factor] = float(mutual_info(factor * x, factor * x)), float(block_entropy((factor * x).astype(int), k=1))
        print(f"pyinform {importlib.metadata.version('pyinform')}, times {factor}: mutual information with itself {bits[factor][0]:.3f} bits, entropy of the whole parts {bits[factor][1]:.3f}")
    small = float(block_entropy(x - 0.5, k=1))
    refused = False
    try:
        block_entropy(x - 2, k=1)
    except InformError as error:
        refused = True
        print(f"entropy of x - 0.5: {small:.3f}; of x - 2: {error}")
same = all(abs(a - b) < 1e-9 for a, b in bits.values())
sys.exit(0 if same and bits[1][0] == 0 and bits[10][0] > 3 and bits[100][0] > 6 and small == 0 and refused and not said else 1)
PYTHON
