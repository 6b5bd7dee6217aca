#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# HDF5 2.0.0 (h5py 3.16.0), the same numbers in double precision stored in either order of bytes, read as single precision and as integers (read_direct, astype): HDF5 converts.
#
# Expected: the same results; the order of bytes is how a number lies in the file, not which number it is.
# Seen:     of little-endian data a number halfway between two floats goes to the even one, as in NumPy; of big-endian data it goes away from zero. Of 1000 numbers on a grid of 2^-24 that is another float for 250. NaN
#           as an integer is the smallest integer of one file and 0 of the other. Infinite numbers and what is out of range are the ends of the range in both. Nothing is said.
# Why it matters: one and the same type that is the machine's own is converted by the processor, any other by HDF5's own loop. Archives are big-endian in parts (climate, astronomy, Java, netCDF's heritage): of data on a
#           binary grid means move, and a frame that was marked as missing becomes state 0, which is a valid one. Read in the type that is stored, and convert in memory.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 h5py==3.16.0
"$folder/venv/bin/python" - "$folder/orders.h5" <<'PYTHON'
import sys

import h5py
import numpy as np

grid = 1 + np.arange(1000) * 2.0**-24  # every second number is halfway between two floats
marked = np.array([2.0, np.nan, np.inf, -1e30])
single, integer = {}, {}
with h5py.File(sys.argv[1], "w") as file:
    for order in "<>":
        file[f"grid {order}"], file[f"marked {order}"] = grid.astype(f"{order}f8"), marked.astype(f"{order}f8")
with h5py.File(sys.argv[1]) as file:
    for order in "<>":
        assert np.array_equal(file[f"grid {order}"][:], grid) and np.array_equal(file[f"marked {order}"][:], marked, equal_nan=True)
        single[order], integer[order] = file[f"grid {order}"].astype("f4")[:], file[f"marked {order}"].astype("i4")[:]
        off = np.flatnonzero(single[order] != grid.astype("f4"))
        print(f"HDF5 {h5py.version.hdf5_version}, stored as {order}f8: {len(off)} of 1000 floats are not NumPy's, {marked} as integers {integer[order]}")
away = np.array_equal(single["<"], grid.astype("f4")) and np.sum(single[">"] > single["<"]) == 250 and np.all(single[">"] >= single["<"])
ends = all(np.array_equal(integer[order][[0, 2, 3]], [2, 2**31 - 1, -(2**31)]) for order in "<>")
sys.exit(0 if away and ends and integer["<"][1] == -(2**31) and integer[">"][1] == 0 else 1)
PYTHON
