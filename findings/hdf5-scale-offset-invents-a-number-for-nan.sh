#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# HDF5 (h5py 3.16.0), the filter scale-offset on floats, three decimals, of a chunk in which one number is NaN.
#
# Expected: NaN, or an error when it is written. With an infinite number in its place the filter stores the chunk without loss, as it does where the range of the numbers is too wide for it.
# Seen:     the smallest number of the chunk, with its three decimals (here -2.325, which another row has in truth). Where the NaN is the first number of its chunk
#           it is kept, with the whole chunk, so that a test of one row may pass. Nothing is said; the fill value has nothing to do with it. gzip and shuffle keep NaN.
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

original = np.random.default_rng(0).normal(size=100)
read = {}
for row, mark in ((3, np.nan), (0, np.nan), (3, np.inf)):
    data = original.copy()
    data[row] = mark
    with h5py.File(sys.argv[1], "w") as file:
        file.create_dataset("x", data=data, chunks=(100,), scaleoffset=3)
        file.create_dataset("y", data=data, chunks=(100,), compression="gzip", shuffle=True)
    with h5py.File(sys.argv[1]) as file:
        read[row, str(mark)] = file["x"][:]
        by_gzip = file["y"][:]
    print(f"HDF5 {h5py.version.hdf5_version}, h5py {h5py.__version__}: wrote {data[:4]}, read {read[row, str(mark)][:4]}; by gzip {by_gzip[:4]}; smallest {np.nanmin(data):.4f}")
    lossless = np.array_equal(read[row, str(mark)], data, equal_nan=True)
    if lossless != ((row, str(mark)) != (3, "nan")) or not np.array_equal(by_gzip, data, equal_nan=True):
        sys.exit(1)
rest = np.arange(100) != 3
invented = read[3, "nan"][3]
sys.exit(0 if np.allclose(read[3, "nan"][rest], original[rest], atol=1e-3) and abs(invented - original[rest].min()) < 2e-3 else 1)
PYTHON
