#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# scikit-dimension 0.5.0, skdim.id.MLE (Levina and Bickel) of 1000 points in the plane, and of the same with one of them repeated.
#
# Expected: the same dimension, close to 2, to a thousandth: one row in a thousand is no more than that.
# Seen:     1.93 and exactly 0. Where the nearest neighbour is at no distance the point has a local dimension of 0, and points are joined by their harmonic mean (comb="mle", as it comes), which one zero takes to zero.
#           No warning. With comb="mean" or "median", and with TwoNN, the repeated row does nothing.
# Why it matters: trajectories have such rows wherever a step was rejected (each chain of Metropolis), where two files are joined with the frame between them in both, and in columns with few digits. 0 is seen; but one takes
#           it for the answer that the data are points. Pass numpy.unique(x, axis=0).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 scikit-dimension==0.5.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import numpy as np
import skdim

warnings.simplefilter("ignore")
points = np.random.default_rng(0).uniform(size=(1000, 2))
repeated = np.concatenate([points, points[:1]])
results = {}
for name, rows in (("as they are", points), ("one repeated", repeated)):
    local = skdim.id.MLE().fit(rows).dimension_pw_
    results[name] = {"MLE": skdim.id.MLE().fit(rows).dimension_, "mean": local.mean(), "TwoNN": skdim.id.TwoNN().fit(rows).dimension_}
    results[name]["comb=mean"] = skdim.id.MLE().fit(rows, comb="mean").dimension_
    print(f"scikit-dimension, {name}: {results[name]}; points with a local dimension of 0: {(local == 0).sum()}")
plain, other = results["as they are"], results["one repeated"]
same = 1.8 < plain["MLE"] < 2.2 and other["MLE"] == 0
sys.exit(0 if same and all(abs(plain[key] - other[key]) < 0.01 for key in ("TwoNN", "comb=mean")) else 1)
PYTHON
