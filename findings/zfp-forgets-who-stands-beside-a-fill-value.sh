#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# HDF5 filters zfp and SZ3 (hdf5plugin 7.1.0), each with an absolute error of 0.001, of temperatures about 300, one of which is a fill value (9.97e36, netCDF's), 1e10 in single precision, or NaN.
#
# Expected: every number within 0.001 of what was written, which is what this mode is for; a NaN comes back as NaN.
# Seen:     in zfp the 15 other numbers of the block of 4 x 4 around the fill value come back as 0, beside 1e10 in single precision as 288 or so: a block has one exponent, that of its largest number. The bound is
#           broken by 300, with no error. SZ3 keeps it in both cases; but it makes -2147183.9 of a NaN, and zfp makes -1024 of it, which nobody wrote.
# Why it matters: fields with a land mask, frames with a lost particle, a padded last row. The numbers beside the mask, which nobody masks, are zeros or off by tens of degrees, and a mean along the edge of
#           the valid region is wrong. Fill gaps with a neighbour's number before, and keep the mask apart.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 h5py==3.16.0 hdf5plugin==7.1.0
"$folder/venv/bin/python" - "$folder/field.h5" <<'PYTHON'
import sys

import h5py
import hdf5plugin
import numpy as np

field = np.random.default_rng(0).normal(300, 1, size=(16, 16))
at = (2, 3)
block = np.zeros(field.shape, dtype=bool)
block[:4, :4] = True
block[at] = False
broken, read = {}, {}
filters = {"zfp": hdf5plugin.Zfp(accuracy=1e-3), "SZ3": hdf5plugin.SZ3(absolute=1e-3)}
for case, mark, kind in (("none", 300.0, "f8"), ("fill value", 9.96921e36, "f8"), ("1e10", 1e10, "f4"), ("NaN", np.nan, "f8")):
    data = field.astype(kind)
    data[at] = mark
    for name, options in filters.items():
        with h5py.File(sys.argv[1], "w") as file:
            file.create_dataset("x", data=data, chunks=data.shape, **options)
        with h5py.File(sys.argv[1]) as file:
            read[case, name] = file["x"][:]
        broken[case, name] = ~(np.abs(read[case, name].astype(float) - data) <= 1.0001e-3)
        print(f"hdf5plugin {hdf5plugin.version}, {name}, {case}: bound broken {broken[case, name].sum()} times, at the mark {read[case, name][at]}, beside it {read[case, name][2, 2]} for {data[2, 2]}")
same = all(np.array_equal(broken[case, "zfp"], block) for case in ("fill value", "1e10"))
same = same and np.all(read["fill value", "zfp"][block] == 0) and np.abs(read["1e10", "zfp"][block] - 300).max() > 10
same = same and not any(broken[case, "SZ3"].any() for case in ("none", "fill value", "1e10")) and not broken["none", "zfp"].any()
sys.exit(0 if same and all(np.isfinite(read["NaN", name][at]) and broken["NaN", name].sum() == 1 for name in filters) else 1)
PYTHON
