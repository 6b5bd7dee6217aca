#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ASE 3.29.0, NetCDFTrajectory (its module speaks of AMBER's conventions) of a file with velocities from MDAnalysis 2.11.0; chemfiles 0.10.4 reads the same file. Argon at 300 K.
#
# Expected: the velocities of the file, whose attribute says angstrom/picosecond, in ASE's unit (98.2 of which are 1 Angstrom/ps), and so the temperature that they were drawn at; or none. Of a .gro file ASE converts
#           nm/ps.
# Seen:     the numbers are taken as they are for ASE's unit: velocities 98 times too large and a temperature of 2.9 million K. Positions and the box are right. MDAnalysis and chemfiles agree. Nothing is said.
# Why it matters: a run that goes on in ASE from a restart of another code explodes, or is cooled by its thermostat in a way that leaves no trace of the start; kinetic energies, velocity correlations and spectra are off
#           by 98 and its square in files where positions are right. Divide by 1000 ase.units.fs after reading.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 netCDF4==1.7.5.1.post1 ase==3.29.0 MDAnalysis==2.11.0 chemfiles==0.10.4
cd "$folder"
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import ase
import ase.data
import ase.units
import chemfiles
import MDAnalysis
import netCDF4
import numpy as np
from ase.io.netcdftrajectory import NetCDFTrajectory

count = 1000
angstrom_per_ps = 1000 * ase.units.fs  # by which a velocity in the unit of ASE is multiplied
mass = ase.data.atomic_masses[18]
rng = np.random.default_rng(0)
velocities = rng.normal(size=(1, count, 3)) * np.sqrt(ase.units.kB * 300 / mass) * angstrom_per_ps
positions = rng.uniform(0, 20, size=(1, count, 3))
universe = MDAnalysis.Universe.empty(count, trajectory=True, velocities=True)
universe.load_new(positions, velocities=velocities, dimensions=np.array([[20, 20, 20, 90, 90, 90.0]]))
with MDAnalysis.Writer("argon.ncdf", count, velocities=True) as writer:
    writer.write(universe.atoms)
unit = netCDF4.Dataset("argon.ncdf")["velocities"].units

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    atoms = NetCDFTrajectory("argon.ncdf")[0]
said = [w for w in said if "veloc" in str(w.message).lower()]
own = atoms.get_velocities() * angstrom_per_ps
temperature = mass * (atoms.get_velocities() ** 2).mean() / ase.units.kB
again = MDAnalysis.Universe.empty(count)
again.load_new("argon.ncdf")
with chemfiles.Trajectory("argon.ncdf", format="Amber NetCDF") as trajectory:
    frame = trajectory.read()
    third = np.array(frame.velocities)
print(f"unit in the file: {unit}; first number written {velocities[0, 0, 0]:.4f}; MDAnalysis {MDAnalysis.__version__} {again.atoms.velocities[0, 0]:.4f}, chemfiles {chemfiles.__version__} {third[0, 0]:.4f}")
print(f"ASE {ase.__version__}, in Angstrom/ps: {own[0, 0]:.4f}; temperature {temperature:.0f} K, drawn at 300 K; positions within {abs(atoms.positions - positions[0]).max():.0e}")
right = np.allclose(again.atoms.velocities, velocities[0], rtol=1e-4, atol=1e-5) and np.allclose(third, velocities[0], rtol=1e-4, atol=1e-5) and np.allclose(atoms.positions, positions[0], atol=1e-4)
sys.exit(0 if right and unit == "angstrom/picosecond" and abs(np.median(own / velocities[0]) - 98.2) < 0.1 and temperature > 1e6 and not said else 1)
PYTHON
