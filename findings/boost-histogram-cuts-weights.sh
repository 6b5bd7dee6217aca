#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# boost-histogram 1.8.1 with storage Int64, filled with weights of 0.5, of 1.9, and of -0.5.
#
# Expected: an error, as an axis of integers has one for floats ("Only integer arrays supported"); or sums that are rounded once, 500, 1900 and -500 of a thousand.
# Seen:     each weight is cut to an integer before it is added: 0, 1000 and 0. No warning. Storage Double has the sums.
# Why it matters: Int64 is chosen for exact counts; weights come later, with reweighting or with a sample that counts for half. Weights below 1, which is what normalised weights are, leave an empty histogram, which
#           shows; those between 1 and 3 lose a quarter, which does not. Use Double or Weight.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 boost-histogram==1.8.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import boost_histogram
import numpy as np

sums = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for name in ("Int64", "Double"):
        for weight in (0.5, 1.9, -0.5):
            histogram = boost_histogram.Histogram(boost_histogram.axis.Regular(1, 0, 1), storage=getattr(boost_histogram.storage, name)())
            histogram.fill(np.full(1000, 0.5), weight=np.full(1000, weight))
            sums[name, weight] = float(histogram.view()[0])
            print(f"boost-histogram {boost_histogram.__version__}, {name}, a thousand times {weight}: {sums[name, weight]}")
refused = False
try:
    boost_histogram.Histogram(boost_histogram.axis.Integer(0, 3)).fill([0.5])
except TypeError as error:
    refused = True
    print(f"axis of integers: {error}")
right = all(abs(sums["Double", weight] - 1000 * weight) < 1e-6 for weight in (0.5, 1.9, -0.5))
sys.exit(0 if right and refused and not said and [sums["Int64", weight] for weight in (0.5, 1.9, -0.5)] == [0, 1000, 0] else 1)
PYTHON
