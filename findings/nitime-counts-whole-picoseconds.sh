#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# nitime 0.12.1, TimeSeries(x, sampling_interval=2.5, time_unit="ps"): the times of the frames, the sampling rate and the duration.
#
# Expected: frames 2.5 ps apart, 4e11 Hz and 2500 ps; or an error, as the library keeps times as whole picoseconds (its documentation says so, and means experiments).
# Seen:     the interval is 2 ps, from which the times of the frames are made: 0, 2, 4, ...; the sampling rate is that of 2.5 ps, and the duration belongs to the one or the other by whether interval or rate was given.
#           1.5 ps becomes 2 ps, or 1 ps where the rate is given, TimeArray([0.5, 1.7, 2.5]) is 0, 2, 2. Given in ns, 0.0025 is 0.002. No warning. 3 ps is right.
# Why it matters: frames of a simulation are a few ps apart or less, and lags, rates and correlation times that are read off .time are off by a quarter, those by the sampling rate are not. A unit of ps that takes floats
#           looks as if it were for them. Give the interval in a unit a thousand times larger, and rename the axis.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 matplotlib==3.11.2 nitime==0.12.1
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np
from nitime.timeseries import TimeArray, TimeSeries

x = np.zeros(1000)


def picoseconds(time):
    return np.asarray(time, dtype=float)  # the base unit


found = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for interval in (1.5, 2.5, 3.0):
        series = TimeSeries(x, sampling_interval=interval, time_unit="ps")
        by_rate = TimeSeries(x, sampling_rate=1e12 / interval, time_unit="ps")
        found[interval] = picoseconds(series.time)[1], float(series.sampling_rate), float(picoseconds(series.duration)), float(picoseconds(by_rate.duration))
        print(
            f"nitime {importlib.metadata.version('nitime')}, {interval} ps: second frame at {found[interval][0]:g} ps, sampling rate {found[interval][1]:.4g} Hz, "
            f"duration {found[interval][2]:g} ps, {found[interval][3]:g} ps by rate"
        )
    nano = picoseconds(TimeSeries(x, sampling_interval=0.0025, time_unit="ns").time)[1]
    times = picoseconds(TimeArray([0.5, 1.7, 2.5], time_unit="ps"))
print(f"0.0025 ns: second frame at {nano:g} ps; TimeArray([0.5, 1.7, 2.5]) {times}")
said = [w for w in said if any(word in str(w.message).lower() for word in ("round", "interval", "precision", "integer"))]
rounded = found[2.5][0] == 2 and found[1.5][0] == 2 and nano == 2 and times.tolist() == [0, 2, 2] and abs(found[2.5][1] - 4e11) < 1e3 and found[2.5][2] != found[2.5][3]
sys.exit(0 if rounded and found[3.0][0] == 3 and found[3.0][2] == found[3.0][3] and not said else 1)
PYTHON
