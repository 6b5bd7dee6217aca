#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ASE 3.29.0, ase.md.langevin.Langevin with its default fixcm=True: a few atoms between springs at 300 K.
#
# Expected: the mean energy of the springs is kT/2 for each of 3 (N - 1) relative coordinates; the centre of mass rests.
# Seen:     it is N / (N - 1) of that, to all digits of the same run with fixcm=False: 600 K for two atoms, 450 K for three, 314 K by this rule for the 22 of alanine dipeptide. The noise is taken from the
#           centre of mass and then enlarged so that all 3 N coordinates would have their share. A warning says that fixcm is deprecated and that deviations are typically small.
# Why it matters: barriers, populations and rates of a small molecule are those of another temperature, and the trajectory looks well: the temperature that ASE prints counts 3 N
#           coordinates too, and comes out at 300 K. Pass fixcm=False; with the constraint FixCom, where the centre shall rest.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 ase==3.29.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import ase
import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.md.langevin import Langevin
from ase.units import fs, kB


class Springs(Calculator):  # of 1 eV / Angstrom^2 between all pairs
    implemented_properties = ["energy", "forces"]

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        x = self.atoms.positions - self.atoms.positions.mean(axis=0)
        self.results = {"energy": 0.5 * len(x) * np.sum(x**2), "forces": -len(x) * x}


def seen(n, **options):
    atoms = ase.Atoms("Ar" * n, positions=0.1 * np.random.default_rng(0).normal(size=(n, 3)), calculator=Springs())
    dynamics = Langevin(atoms, timestep=10 * fs, temperature_K=300, friction=0.05 / fs, rng=np.random.RandomState(0), **options)
    energies, temperatures = [], []
    for _ in range(3000):
        dynamics.step()
        energies.append(atoms.get_potential_energy())
        temperatures.append(atoms.get_temperature())
    return np.mean(energies[400:]) / (1.5 * (n - 1) * kB), np.mean(temperatures[400:])


ratios = []
for n in (2, 3):
    default, free = seen(n), seen(n, fixcm=False)
    ratios.append(default[0] / free[0])
    print(f"ASE {ase.__version__}, {n} atoms at 300 K: springs at {default[0]:.0f} K while ASE says {default[1]:.0f} K; with fixcm=False at {free[0]:.0f} K; ratio {ratios[-1]:.4f}")
sys.exit(0 if np.allclose(ratios, [2, 1.5], rtol=0.02) else 1)
PYTHON
