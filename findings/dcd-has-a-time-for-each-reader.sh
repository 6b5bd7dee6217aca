#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MDAnalysis 2.11.0, MDTraj 1.11.1 and chemfiles 0.10.4, the time between frames of a DCD file.
#
# Expected: 10 ps from all, as the frames are; the header has a place for the time step, and its unit is CHARMM's (20.45 make 1 ps).
# Seen:     of a file that MDAnalysis wrote with dt=10, MDAnalysis reads 10 ps, MDTraj 1 (it takes no notice of the header) and chemfiles 204.5 (it takes the number for ps). Of one that
#           MDAnalysis wrote with atoms.write(name, frames="all"), MDAnalysis reads 1 ps: this way of writing does not pass the time step on. MDTraj writes a 1 whatever its frames' times
#           are, which MDAnalysis takes for 0.0489 ps. None warns. XTC, written in the same ways, is 10 ps for all three.
# Why it matters: rates and diffusion constants go with 1/dt, and a step through DCD (to cut out a protein, to join parts) multiplies them by anything from 0.05 to 205, depending on
#           who wrote and who reads. Give the time step by hand where a DCD file is read.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 MDAnalysis==2.11.0 mdtraj==1.11.1.post2 chemfiles==0.10.4
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import chemfiles
import MDAnalysis
import mdtraj
import numpy as np

topology = mdtraj.Topology()
residue = topology.add_residue("X", topology.add_chain())
for _ in range(3):
    topology.add_atom("C", mdtraj.element.carbon, residue)
at = np.random.default_rng(0).uniform(size=(5, 3, 3)).astype(np.float32)
frames = mdtraj.Trajectory(at, topology, time=10.0 * np.arange(5), unitcell_lengths=np.full((5, 3), 4.0), unitcell_angles=np.full((5, 3), 90.0))
universe = MDAnalysis.Universe.empty(3, trajectory=False)
universe.load_new(10 * at, dt=10.0, dimensions=np.array([40, 40, 40, 90, 90, 90], np.float32))


def steps(name):
    read = MDAnalysis.Universe.empty(3, trajectory=False)
    read.load_new(name)
    with chemfiles.Trajectory(name) as trajectory:
        times = [trajectory.read()["time"] for _ in range(5)]
    by = [np.diff([frame.time for frame in read.trajectory]).mean(), mdtraj.load(name, top=topology).timestep, np.diff(times).mean()]
    print("  read by MDAnalysis, MDTraj, chemfiles: {:.4g}, {:.4g}, {:.4g} ps".format(*by))
    return by


def write(name, way):
    if way == "MDTraj":
        frames.save(name)
    elif way == "MDAnalysis, frames=all":
        universe.atoms.write(name, frames="all")
    else:
        with MDAnalysis.Writer(name, 3, dt=10.0) as writer:
            for _ in universe.trajectory:
                writer.write(universe.atoms)


print(f"MDAnalysis {MDAnalysis.__version__}, MDTraj {mdtraj.__version__}, chemfiles {chemfiles.__version__}; frames 10 ps apart")
expected = {"xtc": [[10, 10, 10]] * 3, "dcd": [[10, 1, 204.55], [1, 1, 20.455], [0.0488882, 1, 1]]}
same = True
for format, by_way in expected.items():
    for way, by_reader in zip(("MDAnalysis, dt=10", "MDAnalysis, frames=all", "MDTraj"), by_way):
        name = f"{sys.argv[1]}/frames.{format}"
        write(name, way)
        print(f"{format} of {way}")
        same = np.allclose(steps(name), by_reader, rtol=1e-3) and same
sys.exit(0 if same else 1)
PYTHON
