#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# netCDF 4.10.1 (netCDF4 1.7.5.1), a series of 1000 times 300.15 with significant_digits=3, written at once and frame by frame. BitGroom is the way of quantizing that comes without another word.
#
# Expected: one number, 300.15 to three digits or better, for equal numbers; and the same file whether the series is written in one call or in a thousand.
# Seen:     written at once the numbers alternate, 300.125 and 300.250, in step with their place in the array (bits beyond the digits are cleared in one and set in the next). Frame by frame each number is
#           the first of its call, so that all are 300.125: rounded down, 0.025 below, and 0.0625 below the mean of the other file. BitRound and GranularBitRound give one number either way.
# Why it matters: a coordinate that does not move gets a variance, and a correlation of -1 from frame to frame; slow data whose steps are below the quantum do so on top of their own signal. A run that writes each
#           frame as it comes has all its numbers moved towards 0, a bias that does not average out. quantize_mode="BitRound" has neither.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 netCDF4==1.7.5.1
"$folder/venv/bin/python" - "$folder/series.nc" <<'PYTHON'
import sys

import netCDF4
import numpy as np

series = np.full(1000, 300.15, dtype="f4")
seen = {}
with netCDF4.Dataset(sys.argv[1], "w") as file:
    file.createDimension("frame", None)
    for mode in ("as it comes", "BitGroom", "GranularBitRound", "BitRound"):
        options = {} if mode == "as it comes" else {"quantize_mode": mode}
        digits = 3 if mode != "BitRound" else 9  # which counts bits
        at_once, by_frame = (
            file.createVariable(f"{mode}, {how}".replace(" ", "_"), "f4", ("frame",), zlib=True, significant_digits=digits, **options) for how in ("at once", "by frame")
        )
        at_once[:] = series
        for frame, number in enumerate(series):
            by_frame[frame] = number
with netCDF4.Dataset(sys.argv[1]) as file:
    for name, variable in file.variables.items():
        seen[name] = variable[:].filled()
        print(f"netCDF {netCDF4.__netcdf4libversion__}, {name}: {seen[name][:4]}, mean {seen[name].mean(dtype=float):.4f}, spread {seen[name].std(dtype=float):.4f}")
same = True
for mode in ("as_it_comes", "BitGroom"):
    at_once, by_frame = seen[f"{mode},_at_once"], seen[f"{mode},_by_frame"]
    steps = np.diff(at_once)
    same = same and np.all(steps[1:] * steps[:-1] < 0) and np.ptp(by_frame) == 0 and by_frame[0] < 300.15 - 0.02 and at_once.mean(dtype=float) > by_frame[0] + 0.05
for mode in ("GranularBitRound", "BitRound"):
    same = same and len({*seen[f"{mode},_at_once"], *seen[f"{mode},_by_frame"]}) == 1
sys.exit(0 if same else 1)
PYTHON
