# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
Dihedrals of a protein
======================

A trajectory by MDAnalysis, two dihedrals on their torus, and new conformations. The trajectory that MDAnalysis ships for its tests is short: what is shown
is the way, not a result.
"""

import MDAnalysis
import numpy as np
from MDAnalysis.analysis.dihedrals import Ramachandran
from MDAnalysisTests.datafiles import DCD, PSF

import kswgd

# %%
# 98 frames of adenylate kinase; phi and psi of a residue in its hinge, in degrees.
universe = MDAnalysis.Universe(PSF, DCD)
angles = Ramachandran(universe.select_atoms("resid 120-124")).run().results.angles
frames = angles[:, 2, :]
print(frames.shape)

# %%
# Angles are periodic: no seam at 180 degrees.
model = kswgd.Edmd(lag=1, features=12, modes=4, manifold="periodic:360,360").fit(frames)
print("time scales in frames:", np.round(model.timescales_[1:], 1))

# %%
# New conformations of the residue, on the same torus.
new = model.sample(500)
assert np.all((new >= -180) & (new <= 360))
ax = kswgd.plot.free_energy(frames, names=["phi [degree]", "psi [degree]"], bins=15)
ax.scatter(*((new + 180) % 360 - 180).T, s=4, color=kswgd.plot.COLOURS[1])
