#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# deeptime 0.5.0, timescales() of a Markov state model whose second eigenvalue is negative: two states that change places in 95 of 100 steps.
#
# Expected: no time scale (NaN), or a word: exp(-lag / t) is positive for every t, so that no such time belongs to -0.9.
# Seen:     9.49 steps, to the digit what the eigenvalue +0.9 has, that of two states which are left in 5 of 100 steps. The absolute value is taken, and nothing is said.
# Why it matters: negative eigenvalues are noise of the counts at long lags, coarse states, a data set written every second half period. In a plot of implied time scales over the lag they stand among
#           the slow processes, at times above them, and a model that alternates looks metastable. Look at the sign of eigenvalues() before.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 deeptime==0.5.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
from deeptime.markov.msm import MarkovStateModel

seen = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for leave in (0.05, 0.95):
        model = MarkovStateModel(np.array([[1 - leave, leave], [leave, 1 - leave]]))
        seen[leave] = model.eigenvalues()[1].real, model.timescales()[0]
        print(f"deeptime {version('deeptime')}, left with {leave}: eigenvalue {seen[leave][0]:.2f}, time scale {seen[leave][1]:.2f}")
said = [str(x.message) for x in said if "negative" in str(x.message)]
same = np.isclose(seen[0.05][0], 0.9) and np.isclose(seen[0.95][0], -0.9) and np.isclose(seen[0.05][1], seen[0.95][1])
sys.exit(0 if same and not said else 1)
PYTHON
