#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MDAnalysis 2.11.0, atoms.asphericity(), and MDTraj 1.11.1, mdtraj.asphericity(), of the same atoms of equal mass, and of the same ten times as large.
#
# Expected: the same number, once units (Angstrom, nm) are allowed for: the asphericity of polymer physics is the largest principal moment less the mean of the other two, an area.
# Seen:     MDTraj has that, 0.81 nm^2 and 81 nm^2; the formula in its documentation, half the sum of two squares, is another. MDAnalysis has 0.116 for both, a number between 0 and 1: what MDTraj, and most
#           texts, call relative shape anisotropy, to all digits that they have. MDAnalysis names a paper and no formula.
# Why it matters: both are plausible numbers for a protein, of the same order where it has the size of a nm. Tables of one and of the other do not belong together, and a large sphere that is slightly dented
#           is "more aspherical" than a short rod by one of them. Write the formula beside the number.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 mdtraj==1.11.1.post2 MDAnalysis==2.11.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import MDAnalysis
import mdtraj
import numpy as np

warnings.simplefilter("ignore")
points = np.random.default_rng(0).normal(size=(20, 3))
topology = mdtraj.Topology()
chain = topology.add_chain()
for number in range(20):
    topology.add_atom("CA", mdtraj.element.carbon, topology.add_residue("GLY", chain))
universe = MDAnalysis.Universe.empty(20, trajectory=True)
universe.add_TopologyAttr("masses", np.full(20, 12.011))
found = {}
for factor in (1, 10):
    trajectory = mdtraj.Trajectory((factor * points[None]).astype(np.float32), topology)
    universe.atoms.positions = 10 * factor * points
    moments = np.linalg.eigvalsh(np.cov((factor * points).T, ddof=0))
    area = moments[2] - 0.5 * (moments[0] + moments[1])
    found[factor] = universe.atoms.asphericity(), float(mdtraj.asphericity(trajectory)[0]), float(mdtraj.relative_shape_antisotropy(trajectory)[0]), area
    print(f"size {factor}: MDAnalysis {MDAnalysis.__version__} {found[factor][0]:.5f}; MDTraj {mdtraj.__version__} {found[factor][1]:.5f} nm^2, its relative anisotropy {found[factor][2]:.5f}; definition {area:.5f} nm^2")
same = all(abs(number - anisotropy) < 1e-5 and abs(area / theirs - 1) < 1e-4 for number, theirs, anisotropy, area in found.values())
sys.exit(0 if same and abs(found[10][1] / found[1][1] / 100 - 1) < 1e-4 and abs(found[10][0] / found[1][0] - 1) < 1e-4 else 1)
PYTHON
