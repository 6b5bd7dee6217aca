#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ADIOS2 2.12.1, the minimum and maximum that a file keeps of each variable (available_variables()["x"]["Min"], and what bpls prints), for data with a NaN.
#
# Expected: the extremes of the numbers, 1 and 2 of (NaN, 1, 2) in any order; or NaN.
# Seen:     it depends on where the NaN stands: 1 and 2 of (1, NaN, 2), but 2 and 2 of (NaN, 1, 2), and 1 and 1 of (2, 1, NaN): numbers that are there are outside of the range that is said to hold them all. Neither
#           is NaN, and nothing is said. The data themselves come back right.
# Why it matters: these numbers are read instead of the data, because that is quick: colour ranges of a viewer, bins of a histogram, a check that positions are within the box, a choice of the blocks that can
#           hold a value at all. One lost particle moves the bounds to wherever. Take minima of the data (numpy.nanmin).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 adios2==2.12.1.1001
"$folder/venv/bin/python" - "$folder/x.bp" <<'PYTHON'
import math
import sys

import adios2
import numpy as np

nan = math.nan
seen = {}
for numbers in ((2.0, 1.0, 3.0), (1.0, nan, 2.0), (nan, 1.0, 2.0), (2.0, 1.0, nan)):
    data = np.array(numbers)
    with adios2.Stream(sys.argv[1], "w") as stream:
        stream.begin_step()
        stream.write("x", data, [3], [0], [3])
        stream.end_step()
    with adios2.FileReader(sys.argv[1]) as file:
        kept = file.available_variables()["x"]
        assert np.array_equal(file.read("x"), data, equal_nan=True)
    seen[str(numbers)] = float(kept["Min"]), float(kept["Max"])
    print(f"ADIOS2 {adios2.__version__}: {numbers} has minimum {kept['Min']}, maximum {kept['Max']}")
sys.exit(0 if list(seen.values()) == [(1, 3), (1, 2), (2, 2), (1, 1)] else 1)
PYTHON
