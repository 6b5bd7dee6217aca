#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# pandas 3.1.1, times as integers: index.astype("int64"), asi8, to_numpy().astype("int64").
#
# Expected: nanoseconds, as before version 3 unless one asked for another unit, and as Timestamp.value still gives; or at least one unit for one way of reading.
# Seen:     microseconds for most sources, nanoseconds where one of the times has a ninth decimal. Of durations it is the fraction that decides: seconds [1, 2] are kept in microseconds,
#           [1.5, 2] in nanoseconds. The type says so (datetime64[us]), no warning does.
# Why it matters: the usual lines for a time step, np.diff(index.astype("int64")) / 1e9, give a thousandth of it, so rates are a thousand times too large; and the same script is
#           right for one log file and wrong for the next, by the digits that its clock wrote. Use (index - index[0]).total_seconds().
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 pandas==3.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys
import warnings

import numpy as np
import pandas

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    ticks = {}
    for name, second in (("whole seconds", "2024-01-01 00:00:00"), ("a ninth decimal", "2024-01-01 00:00:00.000000000")):
        log = pandas.read_csv(io.StringIO(f"t,x\n{second},1\n2024-01-01 00:00:01{second[19:]},2\n"), parse_dates=["t"], index_col="t")
        ticks[name] = int(np.diff(log.index.astype("int64"))[0])
    durations = [int(pandas.to_timedelta(seconds, unit="s").astype("int64")[-1]) for seconds in ([1, 2], [1.5, 2])]
    value = pandas.Timestamp("1970-01-01 00:00:01").value
print(f"pandas {pandas.__version__}, one second between rows of a CSV file: {ticks}")
print(f"two seconds beside 1 and beside 1.5: {durations}; Timestamp.value of one second: {value}; said: {[str(x.message) for x in said]}")
sys.exit(0 if list(ticks.values()) == [10**6, 10**9] and durations == [2 * 10**6, 2 * 10**9] and value == 10**9 and not said else 1)
PYTHON
