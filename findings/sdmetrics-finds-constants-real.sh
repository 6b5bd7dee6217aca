#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# sdmetrics 0.32.0, LogisticDetection of normal numbers in two columns against tables that have their means and nothing else.
#
# Expected: near 0 for a table of zeros throughout, which anybody can tell from data, and far from 1 for four separate clusters, and for five times the spread. By its documentation 1 is a table that
#           the classifier cannot tell from the data, and 0 one that it always can.
# Seen:     0.97 for the zeros, 0.93 for the clusters, 0.98 for the spread. The classifier is a logistic regression on the columns as they are, which sees means alone.
# Why it matters: a standard score of generated tables. A generator that has collapsed to the mean, or does not mix between modes, is among the best by it; and one that is right in all but a small
#           shift of a mean loses. Report it beside a classifier that is not linear (SVCDetection), and beside a distance.
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
from sdmetrics.single_table import LogisticDetection, SVCDetection

rng = np.random.default_rng(0)
table = rng.normal(size=(1000, 2))
others = {
    "another sample": rng.normal(size=(1000, 2)),
    "zeros": np.zeros((1000, 2)),
    "four clusters": np.sqrt(0.91) * rng.choice([-1.0, 1.0], size=(1000, 2)) + 0.3 * rng.normal(size=(1000, 2)),
    "five times the spread": 5 * rng.normal(size=(1000, 2)),
}
metadata = {"columns": {name: {"sdtype": "numerical"} for name in "ab"}}
score = {}
for name, other in others.items():
    np.random.seed(0)
    frames = [pd.DataFrame(part, columns=["a", "b"]) for part in (table, other)]
    score[name] = LogisticDetection.compute(*frames, metadata), SVCDetection.compute(*frames, metadata)
    print(f"sdmetrics {version('sdmetrics')}, {name}: logistic {score[name][0]:.4f}, SVC {score[name][1]:.4f}")
logistic = {name: value for name, (value, _) in score.items()}
sys.exit(0 if min(logistic.values()) > 0.9 and score["zeros"][1] < 0.3 and score["four clusters"][1] < 0.5 else 1)
PYTHON
