#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# netCDF 4.10.1 (netCDF4 1.7.5.1) and xarray 2026.9.0, an HDF5 file from h5py with a mass for each particle and a time for each frame, opened with xarray.open_dataset.
#
# Expected: each array has axes of its own, or an error, as HDF5 names none here: mass * time is a table, particles by frames, whatever their numbers are.
# Seen:     axes get names by their length, the same name for the same length (phony_dim_0, ...). With 4 particles and 5 frames mass * time is a table of 4 x 5; with 5 and 5 it is the five products of mass and
#           time of one number, particle i with frame i. No warning.
# Why it matters: plain HDF5 is what simulation codes write, and xarray reads it without a word. A script that was tested on 100 particles and 500 frames gives other numbers, of another shape, the day that
#           both are 500 (or a box of 3 edges meets 3 particles). Sums over what is left are scalars, so that the shape need not show. Name the axes (rename_dims of each array, or h5py's dimension scales).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 h5py==3.16.0 netCDF4==1.7.5.1 xarray==2026.9.0
"$folder/venv/bin/python" - "$folder/run.h5" <<'PYTHON'
import sys

import h5py
import netCDF4
import numpy as np
import xarray

shapes, sums = {}, {}
for particles in (4, 5):
    mass, time = np.arange(1.0, particles + 1), np.arange(5.0)
    with h5py.File(sys.argv[1], "w") as file:
        file["mass"], file["time"] = mass, time
    with xarray.open_dataset(sys.argv[1], engine="netcdf4") as dataset:
        product = dataset.mass * dataset.time
        shapes[particles], sums[particles] = product.shape, float(product.sum())
        print(f"netCDF {netCDF4.__netcdf4libversion__}, xarray {xarray.__version__}, {particles} particles, 5 frames: axes {dataset.mass.dims} and {dataset.time.dims}, product of shape {product.shape}")
        print(f"  sum over all {sums[particles]}, of all pairs {np.outer(mass, time).sum()}")
sys.exit(0 if shapes == {4: (4, 5), 5: (5,)} and sums[4] == 100 and sums[5] == 40 else 1)
PYTHON
