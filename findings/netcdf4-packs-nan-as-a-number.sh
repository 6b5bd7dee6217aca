#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# netCDF4 1.7.5.1, writing floats to a variable of 16-bit integers with scale_factor, add_offset and _FillValue.
#
# Expected: NaN becomes the fill value, which is what it is for; a number that the integers cannot hold is an error, or the end of their range.
# Seen:     NaN is stored as 0, so it comes back as add_offset, the most usual number there is: a missing temperature is 300 K. A number out of range is taken
#           modulo 65536: 700 K comes back as 45 K. NumPy warns of a cast for the first; nothing is said of the second. xarray stores NaN as the fill value, and 700 as 45, too.
# Why it matters: nobody can tell these numbers from data, and outliers, which one looks for, turn into plausible values of the other side. Write
#           numpy.ma.masked_invalid(values), and compare with the range of the integers before.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 xarray==2026.9.0 netCDF4==1.7.5.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

import netCDF4
import numpy as np
import xarray

values = np.array([300.0, np.nan, 320.0, 700.0])
pack = {"scale_factor": 0.01, "add_offset": 300.0}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    with netCDF4.Dataset(f"{sys.argv[1]}/a.nc", "w") as file:
        file.createDimension("time", 4)
        variable = file.createVariable("temperature", "i2", ("time",), fill_value=-32768)
        variable.setncatts(pack)
        variable[:] = values
with netCDF4.Dataset(f"{sys.argv[1]}/a.nc") as file:
    by_netcdf4 = file["temperature"][:]
xarray.Dataset({"temperature": ("time", values)}).to_netcdf(f"{sys.argv[1]}/b.nc", encoding={"temperature": {"dtype": "i2", "_FillValue": -32768, **pack}})
by_xarray = xarray.open_dataset(f"{sys.argv[1]}/b.nc").temperature.values
print(f"written    {values}\nnetCDF4 {netCDF4.__version__}: {by_netcdf4}, said: {[str(x.message) for x in said]}\nxarray {xarray.__version__}: {by_xarray}")
same = np.allclose(by_netcdf4.filled(np.nan), [300, 300, 320, 44.64]) and np.allclose(by_xarray, [300, np.nan, 320, 44.64], equal_nan=True)
sys.exit(0 if same and not any("range" in str(x.message) for x in said) else 1)
PYTHON
