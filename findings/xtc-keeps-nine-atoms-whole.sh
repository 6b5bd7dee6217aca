#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# XTC files of 9 and of 10 atoms, written and read by MDTraj 1.11.1 and MDAnalysis 2.11.0; and one frame every 0.1 ps after 4 microseconds.
#
# Expected: coordinates rounded to 0.001 nm, as the format has it, whatever the number of atoms; frames 0.1 ps apart.
# Seen:     9 atoms come back to the last bit of single precision, 10 atoms rounded to 0.001 nm: up to nine atoms the format does not pack. Times are single precision: after 4 microseconds they go in steps of 0.25 ps, so
#           that frames 0.1 ps apart read 0, 0, 0.25, 0.25, ... and MDAnalysis' dt, which is the difference of the first two, is 0. No reader says a word.
# Why it matters: a toy system of a few atoms (a dipeptide without hydrogens, a dimer) passes a test of displacements, velocities by differences or restarts that the real one fails; the rounding of 0.001 nm is noise with a variance
#           of its own at short lags. A part of a long run that was saved often has lags of 0 and a rate of infinity. Take time from the step number and the parameters of the run.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 MDAnalysis==2.11.0 mdtraj==1.11.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

import MDAnalysis
import mdtraj
import numpy as np

warnings.simplefilter("ignore")
folder = sys.argv[1]
same = True
for atoms in (9, 10):
    placed = np.random.default_rng(0).normal(2, 0.5, size=(atoms, 3)).astype("f4")  # nm
    universe = MDAnalysis.Universe.empty(atoms, trajectory=True)
    universe.atoms.positions, universe.dimensions = 10 * placed, [40, 40, 40, 90, 90, 90]
    universe.atoms.write(f"{folder}/by_mdanalysis.xtc")
    with mdtraj.formats.XTCTrajectoryFile(f"{folder}/by_mdtraj.xtc", "w") as file:
        file.write(placed, time=np.zeros(1), step=np.zeros(1, dtype=int), box=4 * np.eye(3)[None])
    for writer in ("mdtraj", "mdanalysis"):
        with mdtraj.formats.XTCTrajectoryFile(f"{folder}/by_{writer}.xtc") as file:
            error = np.abs(file.read()[0][0] - placed).max()
        print(f"{atoms} atoms, written by {writer}: largest error {error:.1e} nm")
        same = same and (error < 1e-6 if atoms == 9 else 3e-4 < error < 6e-4)
steps = np.arange(6)
with mdtraj.formats.XTCTrajectoryFile(f"{folder}/late.xtc", "w") as file:
    file.write(np.zeros((6, 10, 3), dtype="f4"), time=4e6 + 0.1 * steps, step=steps, box=np.array([np.eye(3)] * 6))
reader = MDAnalysis.coordinates.XTC.XTCReader(f"{folder}/late.xtc")
times = [frame.time - 4e6 for frame in reader]
print(f"written {0.1 * steps} ps after 4 microseconds, read {times}; dt {reader.dt}; MDAnalysis {MDAnalysis.__version__}, MDTraj {mdtraj.__version__}")
sys.exit(0 if same and times == [0, 0, 0.25, 0.25, 0.5, 0.5] and reader.dt == 0 else 1)
PYTHON
