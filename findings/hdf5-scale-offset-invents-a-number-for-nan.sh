#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# HDF5 (h5py 3.16.0), the filter scale-offset on floats, three decimals, of a chunk in which one number is NaN.
#
# Expected: NaN, or an error when it is written. With an infinite number in its place the filter stores the chunk without loss, as it does where the range of the numbers is too wide for it.
# Seen:     the smallest number of the chunk, with its three decimals (here -2.325, which another row has in truth). Nothing is said when it is written or read; the fill value has
#           nothing to do with it. gzip and shuffle keep NaN.
# Why it matters: frames that were lost, forces that were not computed and observables that do not exist are marked with NaN, and this filter is the one that HDF5 itself has for
#           making float data small. Each gap becomes the minimum of its thousand neighbours: a rare event, in an energy or a distance the most interesting number there is. isnan first, and keep a mask.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 h5py==3.16.0
"$folder/venv/bin/python" - "$folder/series.h5" <<'PYTHON'
import sys

import h5py
import numpy as np

data = np.random.default_rng(0).normal(size=100)
read = {}
for mark in (np.nan, np.inf):
    data[3] = mark
    with h5py.File(sys.argv[1], "w") as file:
        file.create_dataset("x", data=data, chunks=(100,), scaleoffset=3)
        file.create_dataset("y", data=data, chunks=(100,), compression="gzip", shuffle=True)
    with h5py.File(sys.argv[1]) as file:
        read[str(mark)] = file["x"][:]
        by_gzip = file["y"][:]
    print(f"HDF5 {h5py.version.hdf5_version}, h5py {h5py.__version__}: wrote {data[1:6]}, read {read[str(mark)][1:6]}; by gzip {by_gzip[1:6]}; smallest {np.nanmin(data):.4f}")
rest = np.arange(100) != 3
same = np.array_equal(read["inf"], data) and np.allclose(read["nan"][rest], data[rest], atol=1e-3)
sys.exit(0 if same and abs(read["nan"][3] - data[rest].min()) < 2e-3 else 1)
PYTHON
