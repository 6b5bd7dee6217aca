#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# h5py 3.16.0 and PyTables 3.11.1, an array of truth values (a mask of rows) that one writes and the other reads.
#
# Expected: truth values; both write NumPy's bool and read their own back as bool, and HDF5 files are there to be exchanged.
# Seen:     0 and 1, as int8 of h5py's (an enumeration to HDF5), as uint8 of PyTables' (a bit field). Columns of tables do so, too. x[mask] then takes row 1 for each True and row 0 for each False: of 0, 10, 20, 30
#           with True, False, True, True it is 10, 0, 10, 10 in the place of 0, 20, 30, and ~mask is 254 and 255.
# Why it matters: masks say which frames are valid, which state a frame is in, which rows are for training. What comes out has the right type and as many rows as the data have; its values are those of
#           two rows, and its spectrum is the mask's own. mask.astype(bool) after reading; write integers and compare.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 h5py==3.16.0 tables==3.11.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

import h5py
import numpy as np
import tables

mask, x = np.array([True, False, True, True]), np.array([0.0, 10.0, 20.0, 30.0])
columns = np.array([(True, 1.0), (False, 2.0)], dtype=[("valid", "?"), ("x", "f8")])
of_h5py, of_tables = f"{sys.argv[1]}/h5py.h5", f"{sys.argv[1]}/tables.h5"
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    with h5py.File(of_h5py, "w") as file:
        file["mask"] = mask
    with tables.open_file(of_tables, "w") as file:
        file.create_array("/", "mask", mask)
        file.create_table("/", "columns", obj=columns)
    read = {}
    for name in (of_h5py, of_tables):
        with h5py.File(name) as file:
            read[name, "h5py"] = file["mask"][:]
            column = file["columns"]["valid"] if "columns" in file else None
        with tables.open_file(name) as file:
            read[name, "PyTables"] = file.root.mask.read()
for (name, by), values in read.items():
    print(f"{name.rsplit('/', 1)[1]} read by {by}: {values} ({values.dtype}); not: {~values}; rows of {x}: {x[values] if values.max() < 4 else None}")
print(f"h5py {h5py.__version__}, PyTables {tables.__version__}; PyTables' column of truth values in h5py: {column} ({column.dtype})")
own = read[of_h5py, "h5py"].dtype == bool == read[of_tables, "PyTables"].dtype
other = read[of_h5py, "PyTables"], read[of_tables, "h5py"]
sys.exit(0 if own and all(values.dtype != bool and np.array_equal(x[values], [10, 0, 10, 10]) for values in other) and column.dtype == np.uint8 and not said else 1)
PYTHON
