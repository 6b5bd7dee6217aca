#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Dask 2026.8.0, dask.array.percentile of a series that drifts (a random walk of 100 000 steps in ten chunks), and of the same numbers in another order.
#
# Expected: approximate, as its documentation says: to a percent or so of the range, and not by the order of the rows, which no percentile knows.
# Seen:     asked for one percentile, each chunk gives that of its own rows, and these ten numbers are merged: below the "5th percentile" lie 24 % of the numbers.
#           Shuffled, it is 5.4 %. Asked for together with all percentiles from 0 to 100 it is right, in time order, too. No warning.
# Why it matters: trajectories are in time order, chunks are stretches of time, and what moves slowly is another number in each. Quantiles for clipping, for confidence bands or for a comparison of two
#           samples come out too narrow just where mixing is slow. Sort, or ask for 0, 1, ..., 100 at once.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 dask==2026.8.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import dask
import dask.array
import numpy as np

rng = np.random.default_rng(0)
walk = np.cumsum(rng.normal(size=100_000))
below = {}
for name, series in (("in time order", walk), ("shuffled", rng.permutation(walk))):
    chunked = dask.array.from_array(series, chunks=10_000)
    for asked in ([5], [5, 95], np.arange(101)):
        percentile = dask.array.percentile(chunked, asked).compute()[5 if len(asked) > 2 else 0]
        below[name, len(asked)] = 100 * np.mean(walk < percentile)
        print(f"Dask {dask.__version__}, {name}, {len(asked)} asked for: 5th percentile {percentile:.1f} (NumPy {np.percentile(walk, 5):.1f}), {below[name, len(asked)]:.1f} % of the numbers lie below")
sys.exit(0 if below["in time order", 1] > 15 and abs(below["shuffled", 1] - 5) < 1 and abs(below["in time order", 101] - 5) < 1 else 1)
PYTHON
