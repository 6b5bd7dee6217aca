#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# xarray 2026.9.0 and netCDF4 1.7.5.1, the same file: a trajectory with rows that were never written, a column of 16-bit integers, one with valid_min and valid_max.
#
# Expected: both give the same numbers and leave out the same.
# Seen:     rows that were never written (a run that was stopped; a variable that began later) are masked by netCDF4, and 9.97e36 in xarray, whose mean is 7e36. Numbers
#           outside of valid_min and valid_max are masked by netCDF4 and data in xarray. The other way round, -32767 in a column of integers is data in xarray, and masked by
#           netCDF4 without any attribute that says so.
# Why it matters: averages over a file depend on the library that opened it, and only the first case is large enough to see. A file of integers that may take all values needs
#           set_auto_mask(False) in netCDF4; in xarray the library's own fill value (netCDF4.default_fillvals) is for the user to look for.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 xarray==2026.9.0 netCDF4==1.7.5.1
"$folder/venv/bin/python" - "$folder/frames.nc" <<'PYTHON'
import sys

import netCDF4
import numpy as np
import xarray

with netCDF4.Dataset(sys.argv[1], "w") as file:
    file.createDimension("time", None)
    file.createVariable("late", "f8", ("time",))[:1] = [1.0]
    file.createVariable("counts", "i2", ("time",))[:] = [-32767, -32766, 5, 6]
    ranged = file.createVariable("ranged", "f4", ("time",))
    ranged.valid_min, ranged.valid_max = np.float32(0.5), np.float32(2.5)
    ranged[:] = [0, 1, 2, 3]
with netCDF4.Dataset(sys.argv[1]) as file:
    by_netcdf4 = {name: np.ma.getmaskarray(file[name][:]) for name in file.variables}
with xarray.open_dataset(sys.argv[1], engine="netcdf4") as file:
    by_xarray = {name: file[name].values for name in file.variables}
print(f"xarray {xarray.__version__}, netCDF4 {netCDF4.__version__}")
for name, values in by_xarray.items():
    print(f"  {name}: xarray {values}, netCDF4 leaves out {by_netcdf4[name]}")
same = by_netcdf4["late"].tolist() == [False, True, True, True] and by_netcdf4["counts"].tolist() == [True, False, False, False]
same = same and by_netcdf4["ranged"].tolist() == [True, False, False, True] and not any(np.isnan(x).any() for x in by_xarray.values())
sys.exit(0 if same and by_xarray["late"][1] > 9e36 and by_xarray["counts"][0] == -32767 else 1)
PYTHON
