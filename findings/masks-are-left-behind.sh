#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# scikit-learn 1.9.1 and h5py 3.16.0, given what netCDF4 1.7.5.1 returns of a variable with valid_min and valid_max: a masked array.
#
# Expected: masked numbers are left out, or refused, as numpy.save refuses them; estimators refuse NaN, too, and where they take missing data they say so.
# Seen:     the mask is dropped and the numbers below it are data: a mean of 250 K where the valid numbers have 300 K. h5py writes them into the file, where no mask is
#           left that could be looked for. No warning from either.
# Why it matters: netCDF4 masks fill values and numbers out of range, prints them as --, and its mean is right, so that one believes the case settled. Of fill values (9.97e36) the
#           result shows it; numbers that were excluded as faulty are of the data's own size. Pass array.filled(numpy.nan), which scikit-learn refuses.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 h5py==3.16.0 netCDF4==1.7.5.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

import h5py
import netCDF4
import numpy as np
import sklearn
from sklearn.preprocessing import StandardScaler

with netCDF4.Dataset(f"{sys.argv[1]}/a.nc", "w") as file:
    file.createDimension("time", 4)
    variable = file.createVariable("temperature", "f8", ("time",))
    variable.valid_min, variable.valid_max = 200.0, 400.0
    variable[:] = [299.0, 300.0, 301.0, 100.0]
with netCDF4.Dataset(f"{sys.argv[1]}/a.nc") as file:
    temperature = file["temperature"][:]
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    mean = StandardScaler().fit(temperature[:, None]).mean_[0]
    with h5py.File(f"{sys.argv[1]}/b.h5", "w") as file:
        file["temperature"] = temperature
        written = file["temperature"][:]
try:
    np.save(f"{sys.argv[1]}/c.npy", temperature)
    refused = False
except NotImplementedError:
    refused = True
print(f"netCDF4 {netCDF4.__version__}: {temperature}, mean {temperature.mean()}; scikit-learn {sklearn.__version__}: mean {mean}; h5py {h5py.__version__} wrote {written}")
print(f"numpy.save refuses: {refused}; warnings: {[str(x.message) for x in said]}")
sys.exit(0 if temperature.mean() == 300 and mean == 250 and written[3] == 100 and refused and not said else 1)
PYTHON
