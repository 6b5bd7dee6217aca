#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MDAnalysis 2.11.0, reader of LAMMPS text dumps (format LAMMPSDUMP), unscaled coordinates x y z in a box that does not begin at 0.
#
# Expected: positions are the numbers of the file.
# Seen:     the lower corner of the box is subtracted from every position: an atom at -4 in a box from -5 to 5 stands at 1. The box itself
#           keeps its lengths alone. Where the box breathes (constant pressure) the corner, and with it the origin, moves from frame to frame.
# Why it matters: collective variables that depend on where the origin is (the distance to a wall, a position in an external field, a fixed
#           reference) are shifted, under constant pressure by another amount in each frame, and a potential of mean force along them is
#           smeared. The same frames written as DCD or XTC keep the numbers. Differences of positions are not touched.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 MDAnalysis==2.11.0
"$folder/venv/bin/python" - "$folder/frames.lammpstrj" <<'PYTHON'
import sys
import warnings

import MDAnalysis
import numpy as np

warnings.simplefilter("ignore")
at = np.array([[-4.0, 0.5, 0.25], [1.0, 2.0, 3.0]])
low = [-5.0, -5.5]  # of the box's corner in the two frames; the atoms do not move
with open(sys.argv[1], "w") as file:
    for step, corner in enumerate(low):
        file.write(f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n")
        file.write(f"{corner} {-corner}\n" * 3)
        file.write("ITEM: ATOMS id type x y z\n")
        for number, (x, y, z) in enumerate(at, start=1):
            file.write(f"{number} 1 {x} {y} {z}\n")
universe = MDAnalysis.Universe.empty(2, trajectory=False)
universe.load_new(sys.argv[1], format="LAMMPSDUMP")
read = np.array([frame.positions.copy() for frame in universe.trajectory])
print(f"MDAnalysis {MDAnalysis.__version__}; in the file, in both frames:\n{at}\nread in the first and the second frame:\n{read}")
shifted = all(np.allclose(read[k], at - corner, atol=1e-5) for k, corner in enumerate(low))
sys.exit(0 if shifted else 1)
PYTHON
