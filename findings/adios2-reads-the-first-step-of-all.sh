#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ADIOS2 2.12.1, FileReader of a file with three steps, read("x") and read("x", step_selection=[0, 3]).
#
# Expected: all steps, as a mode named for random access to the whole file has them, in an array of 3 x 4 (steps first); or an error that asks for the step.
# Seen:     read("x") is the first step alone, which holds the initial condition, with no sign that there are others. With all steps selected the result has one axis of 12: steps are joined along the first
#           axis of the variable, and a selection of 3 steps of an array of n x 3 comes as 3 n x 3.
# Why it matters: a run that reads back its last state gets the one that it started from. Joined steps look like three times as many particles: pairs at a lag of one row are pairs of
#           neighbours in space. available_variables() has AvailableStepsCount; reshape by it.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 adios2==2.12.1.1001
"$folder/venv/bin/python" - "$folder/run.bp" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from adios2 import FileReader, Stream

with Stream(sys.argv[1], "w") as stream:
    for k in range(3):
        stream.begin_step()
        stream.write("x", 10.0 * k + np.arange(4.0), [4], [0], [4])
        stream.end_step()
with FileReader(sys.argv[1]) as file:
    steps = int(file.available_variables()["x"]["AvailableStepsCount"])
    one, all_of_them = file.read("x"), file.read("x", step_selection=[0, steps])
print(f"ADIOS2 {version('adios2')}, {steps} steps: read {one}, with a selection of all {all_of_them.shape} {all_of_them}")
sys.exit(0 if steps == 3 and np.array_equal(one, [0, 1, 2, 3]) and np.array_equal(all_of_them, [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]) else 1)
PYTHON
