#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MDAnalysis 2.11.0, H5MD files in which what does not change is written once, as the format has it: a box that is fixed (edges as a dataset), frames at equal steps (step and
#           time as one number each).
#
# Expected: both are read, as pyh5md reads them; they are what H5MD 1.1 has for a run at constant volume, and for one written at equal intervals.
# Seen:     a fixed box ends in a KeyError of HDF5's words ("message type not found"), fixed steps in an OSError without words, for files that hold every number needed. Written out for each
#           frame, the same numbers are read.
# Why it matters: such a file looks damaged, and is not. Writers of simulation codes choose these forms to save space, and where a conversion to H5MD is meant to outlive the
#           program, its reader is the first thing to fail. Write edges, step and time for each frame where MDAnalysis is to read them.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 h5py==3.16.0 MDAnalysis==2.11.0 pyh5md==1.2.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import h5py
import MDAnalysis
import numpy as np
import pyh5md


def write(name, fixed_box, fixed_step):
    with h5py.File(name, "w") as file:
        about = file.create_group("h5md")
        about.attrs["version"] = [1, 1]
        about.create_group("author").attrs["name"] = "N. N."
        about.create_group("creator").attrs.update({"name": "h5py", "version": h5py.__version__})
        box = file.create_group("particles/all/box")
        box.attrs.update({"dimension": 3, "boundary": ["periodic"] * 3})
        position = file.create_group("particles/all/position")
        position["value"] = np.arange(12.0).reshape(2, 3, 2).transpose(0, 2, 1)
        if fixed_step:
            position["step"], position["time"] = 100, 2.5
        else:
            position["step"], position["time"] = [0, 100], [0.0, 2.5]
        if fixed_box:
            box["edges"] = [10.0, 10.0, 10.0]
        else:
            box["edges/value"] = np.full((2, 3), 10.0)
            box["edges/step"], box["edges/time"] = position["step"], position["time"]


seen = {}
for fixed in ("nothing", "box", "step"):
    name = f"{sys.argv[1]}/{fixed}.h5md"
    write(name, fixed == "box", fixed == "step")
    with pyh5md.File(name, "r") as file:
        by_pyh5md = pyh5md.element(file.particles_group("all"), "position").value[:].shape
    universe = MDAnalysis.Universe.empty(2, trajectory=False)
    try:
        universe.load_new(name, convert_units=False)
        seen[fixed] = [frame.time for frame in universe.trajectory]
    except (KeyError, OSError) as error:
        seen[fixed] = repr(error)
    print(f"fixed: {fixed}; pyh5md {by_pyh5md}; MDAnalysis {MDAnalysis.__version__} {seen[fixed]}")
sys.exit(0 if seen["nothing"] == [0.0, 2.5] and seen["box"].startswith("KeyError") and seen["step"].startswith("OSError") else 1)
PYTHON
