#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# VTK, vtk.util.numpy_support.numpy_to_vtk of an array that came out of a classic netCDF file (scipy.io.netcdf_file, as readers of AMBER trajectories use it).
#
# Expected: the numbers, converted; or a refusal, as by mpi4py. The files are big-endian, NumPy keeps that in the array's type and calculates with it.
# Seen:     the bytes are taken in the machine's order: 1.0, 2.0, 3.0 become 5e-319 and the like. The array has the right type, length and name; nothing is said.
# Why it matters: points from such a file all lie at the origin within rounding, and a colour map shows one colour. The array that was passed prints right in Python, so that one looks
#           for the fault in the picture. x.astype(float) before it.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 vtk==9.7.2
"$folder/venv/bin/python" - "$folder/frames.nc" <<'PYTHON'
import sys

import numpy as np
import scipy.io
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

with scipy.io.netcdf_file(sys.argv[1], "w") as file:
    file.createDimension("frame", 3)
    file.createVariable("x", "d", ("frame",))[:] = [1.0, 2.0, 3.0]
with scipy.io.netcdf_file(sys.argv[1], mmap=False) as file:
    x = file.variables["x"][:].copy()
seen = vtk_to_numpy(numpy_to_vtk(x, deep=True))
converted = vtk_to_numpy(numpy_to_vtk(x.astype(float), deep=True))
print(f"VTK {vtk.VTK_VERSION}: in Python {x} ({x.dtype.str}), in VTK {seen}, after astype(float) {converted}")
sys.exit(0 if np.array_equal(seen, x.view("<f8")) and np.array_equal(converted, [1, 2, 3]) else 1)
PYTHON
