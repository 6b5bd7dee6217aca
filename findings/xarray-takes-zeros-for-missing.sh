#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# xarray 2026.9.0 on an array that zarr 3.1.6 wrote in format 2, without a fill value being named.
#
# Expected: the numbers that were written, of their type.
# Seen:     each 0 is NaN. zarr notes 0 as the fill value of every array, as what chunks hold that are not stored; in format 2 xarray takes it for the mark of missing data. Integers
#           become floats. In format 3 the same lines give the numbers. No warning either way.
# Why it matters: counts, occupations, states, forces: zeros are data. Means leave them out without a word (here 1.5 instead of 0.75), and the same analysis of the same
#           data depends on the format's number. Open with mask_and_scale=False, or write with fill_value=None.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 xarray==2026.9.0 zarr==3.1.6
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

import numpy as np
import xarray
import zarr

warnings.simplefilter("ignore")
written = np.array([0, 1, 0, 2])
seen = {}
for version in (2, 3):
    name = f"{sys.argv[1]}/{version}.zarr"
    names = {"dimension_names": ["time"]} if version == 3 else {}
    array = zarr.open_group(name, mode="w", zarr_format=version).create_array("count", shape=(4,), chunks=(2,), dtype="i4", **names)
    array[:] = written
    if version == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = ["time"]
    count = xarray.open_zarr(name, consolidated=False)["count"]
    seen[version] = count.values, float(count.mean())
    print(f"format {version}: zarr {zarr.__version__} reads {array[:]}, xarray {xarray.__version__} {count.values}, mean {seen[version][1]}")
same = np.array_equal(seen[2][0], [np.nan, 1, np.nan, 2], equal_nan=True) and seen[2][1] == 1.5
sys.exit(0 if same and np.array_equal(seen[3][0], written) else 1)
PYTHON
