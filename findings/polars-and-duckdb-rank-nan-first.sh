#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# polars 2.1.0, DuckDB 2.0.1, pyarrow 26.0.1, pandas 3.1.1 and NumPy 2.4.6: the rows of 1, 2, NaN, 7 with x > 5, and their median.
#
# Expected: 7, as IEEE arithmetic has it (no comparison with NaN holds); a median of NaN, or of the three numbers, 2.
# Seen:     polars and DuckDB take NaN for larger than every number and equal to itself: x > 5 gives NaN and 7, and the median is 4.5, of 2 and 7. The largest number is 7 in polars and NaN in DuckDB. pyarrow,
#           pandas and NumPy give 7 alone. Both documentations say so; nobody expects it of a filter.
# Why it matters: "energy > threshold", "distance > cutoff" pick the frames in which the observable does not exist, as the most extreme ones there are; x == x, the old test for NaN, finds none; medians and quantiles
#           move up by a rank for each. Moving a script from pandas changes its rows. Filter is_not_nan() (polars), NOT isnan(x) (DuckDB) first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 duckdb==2.0.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import duckdb
import numpy as np
import pandas
import polars
import pyarrow
import pyarrow.compute

x = np.array([1.0, 2.0, np.nan, 7.0])
frame, rows = polars.DataFrame({"x": x}), pyarrow.table({"x": x})
large = {
    "polars": frame.filter(polars.col("x") > 5)["x"].to_list(),
    "DuckDB": [row[0] for row in duckdb.sql("SELECT x FROM rows WHERE x > 5").fetchall()],
    "pyarrow": rows.filter(pyarrow.compute.greater(rows["x"], 5))["x"].to_pylist(),
    "pandas": pandas.Series(x)[lambda s: s > 5].tolist(),
    "NumPy": x[x > 5].tolist(),
}
for module in (polars, duckdb, pyarrow, pandas, np):
    print(f"{module.__name__} {module.__version__}")
largest, median, equal = duckdb.sql("SELECT max(x), median(x), sum((x = x)::INT) FROM rows").fetchall()[0]
print(f"x > 5 of {x.tolist()}: {large}")
print(f"median: polars {frame['x'].median()}, DuckDB {median}; largest: polars {frame['x'].max()}, DuckDB {largest}; rows with x = x: polars {(frame['x'] == frame['x']).sum()}, DuckDB {equal}")
first = all(len(large[name]) == 2 and np.isnan(large[name]).any() for name in ("polars", "DuckDB"))
same = all(large[name] == [7.0] for name in ("pyarrow", "pandas", "NumPy")) and frame["x"].max() == 7 and np.isnan(largest)
sys.exit(0 if first and same and frame["x"].median() == median == 4.5 and (frame["x"] == frame["x"]).sum() == equal == 4 else 1)
PYTHON
