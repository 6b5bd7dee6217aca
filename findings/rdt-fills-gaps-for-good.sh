#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# rdt 2.0.0 (the transformers of SDV), FloatFormatter as it comes, a column of normal numbers of which a fifth is missing (NaN), there and back.
#
# Expected: the column again: its numbers, and its gaps where they were; the transformation is invertible, as it is for a column without gaps.
# Seen:     a fifth is missing again, but in other rows, drawn at random; the former gaps hold the mean, as data, and a fifth of the numbers is gone. Their standard deviation is 0.90 where it was 0.99, and one number
#           occurs 165 times. With missing_value_generation="from_column" all is as it was. The documentation says that missing values come at random, and nothing of the mean that is left.
# Why it matters: SDV's synthesizers put each column through it. They learn a peak at the mean that the data do not have, tables come out too narrow by the root of the share that is there, and correlations with them: the
#           columns where data are missing look more certain. Pass "from_column", or fill gaps by a draw.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 pandas==2.3.3 rdt==2.0.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import pandas as pd
from rdt.transformers import FloatFormatter

rng = np.random.default_rng(0)
column = rng.normal(size=1000)
column[rng.random(1000) < 0.2] = np.nan
data = pd.DataFrame({"x": column})
result = {}
for options in ({}, {"missing_value_generation": "from_column"}):
    formatter = FloatFormatter(**options)
    back = formatter.reverse_transform(formatter.fit_transform(data, "x"))["x"].to_numpy()
    most = np.unique(back[~np.isnan(back)], return_counts=True)[1].max()
    result[len(options)] = np.isnan(back).mean(), (np.isnan(back) == np.isnan(column)).mean(), np.nanstd(back), most
    print(
        f"rdt {importlib.metadata.version('rdt')} {options or 'as it comes'}: missing {result[len(options)][0]:.2f}, gaps in place {result[len(options)][1]:.2f}, "
        f"standard deviation {result[len(options)][2]:.3f} (before {np.nanstd(column):.3f}), most frequent number {most} times"
    )
moved = abs(result[0][0] - np.isnan(column).mean()) < 0.05 and result[0][1] < 0.8 and result[0][2] < 0.95 * np.nanstd(column) and result[0][3] > 100
sys.exit(0 if moved and result[1][1] == 1 and np.isclose(result[1][2], np.nanstd(column)) and result[1][3] == 1 else 1)
PYTHON
