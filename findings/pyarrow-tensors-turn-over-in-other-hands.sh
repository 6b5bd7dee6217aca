#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# pyarrow 26.0.1, a column of 2 x 3 matrices (FixedShapeTensorArray) from a NumPy array that is contiguous and from an equal one whose last two axes lie the other way, read by polars 2.1.0 and DuckDB 2.0.1.
#
# Expected: the same rows from both: the arrays are equal, and memory is the business of pyarrow, whose to_numpy_ndarray() gives equal arrays back; or a refusal, as for arrays in Fortran order ("First stride needs to be largest").
# Seen:     0 1 2 3 4 5 from the first and 0 3 1 4 2 5 from the second, in polars and DuckDB, from memory and through a Parquet file, and from to_pylist() of pyarrow itself. The turn is kept as a property of the type
#           (permutation), which readers that do not know the type drop together with its shape. No warning.
# Why it matters: covariances, cells and frames (n x 3 beside 3 x n) come from einsum, swapaxes and .T of other steps; which of them have gone the long way is not to be seen. Column 1 of such a table is y of atom 0 in one
#           file and x of atom 1 in the next. Store numpy.ascontiguousarray(x).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.1.3 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import io
import sys

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet

straight = np.arange(12.0).reshape(2, 2, 3)
turned = np.ascontiguousarray(straight.swapaxes(1, 2)).swapaxes(1, 2)
rows = {}
for name, array in (("contiguous", straight), ("turned", turned)):
    column = pa.FixedShapeTensorArray.from_numpy_ndarray(array)
    table = pa.table({"t": column})
    file = io.BytesIO()
    pa.parquet.write_table(table, file)
    file.seek(0)
    rows[name] = {
        "pyarrow, to_numpy_ndarray": column.to_numpy_ndarray()[0].ravel().tolist(),
        "pyarrow, to_pylist": list(column.to_pylist()[0]),
        "polars": list(polars.from_arrow(table).row(0)[0]),
        "polars, Parquet": list(polars.read_parquet(file).row(0)[0]),
        "DuckDB": list(duckdb.connect().from_arrow(table).fetchall()[0][0]),
    }
    for reader, row in rows[name].items():
        print(f"{name}, {reader}: {row}")
first, other = rows["contiguous"], rows["turned"]
same = np.array_equal(straight, turned) and all(row == [0, 1, 2, 3, 4, 5] for row in first.values())
sys.exit(0 if same and all(row == ([0, 1, 2, 3, 4, 5] if reader == "pyarrow, to_numpy_ndarray" else [0, 3, 1, 4, 2, 5]) for reader, row in other.items()) else 1)
PYTHON
