#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# xarray 2026.9.0, two netCDF files of one variable, packed as 16-bit integers each with a scale and an offset of its own (as archives serve them), joined and saved.
#
# Expected: the numbers of the joined dataset, up to the packing's step; or a refusal where they do not fit.
# Seen:     xarray.concat keeps how the first file was packed, and to_netcdf packs all with it. Numbers of the second file beyond the first one's range are taken modulo 65536:
#           990 and 1010 come back as 335 and 355. In memory all is right, the file is wrong, and nothing is said. A file that is opened, converted to another unit in
#           place and saved goes the same way: 300 and 310, times 10, come back as 379 and 479.
# Why it matters: joined archives carry plausible wrong numbers from the second part on. dataset.drop_encoding() before to_netcdf stores floats.
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

import numpy as np
import xarray

parts = []
for number, (offset, values) in enumerate([(300.0, [300.0, 310.0]), (1000.0, [990.0, 1010.0])]):
    name = f"{sys.argv[1]}/{number}.nc"
    part = xarray.Dataset({"pressure": ("time", values)}, coords={"time": [2 * number, 2 * number + 1]})
    part.to_netcdf(name, encoding={"pressure": {"dtype": "i2", "scale_factor": 0.01, "add_offset": offset, "_FillValue": -32768}})
    parts.append(xarray.load_dataset(name))
joined = xarray.concat(parts, "time")
scaled = parts[0].copy(deep=True)
scaled["pressure"][:] = 10 * scaled.pressure
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    back = []
    for name, data in (("joined", joined), ("scaled", scaled)):
        data.to_netcdf(f"{sys.argv[1]}/{name}.nc")
        back.append(xarray.load_dataset(f"{sys.argv[1]}/{name}.nc").pressure.values)
        print(f"{name}: in memory {data.pressure.values}, in the file {back[-1]}")
joined.drop_encoding().to_netcdf(f"{sys.argv[1]}/plain.nc")
plain = xarray.load_dataset(f"{sys.argv[1]}/plain.nc").pressure.values
print(f"xarray {xarray.__version__}, after drop_encoding {plain}, said: {[str(x.message) for x in said]}")
same = np.allclose(back[0], [300, 310, 334.64, 354.64]) and np.allclose(back[1], [378.56, 478.56])
sys.exit(0 if same and np.allclose(plain, [300, 310, 990, 1010]) else 1)
PYTHON
