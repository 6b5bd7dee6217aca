#!/usr/bin/env python3
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the small files beside it, each with the tool whose format it is, and expected.hpp with what MDAnalysis says of the molecule in them.

usage: make_files.py [FOLDER]     (python -m venv V && V/bin/pip install -r requirements.txt && V/bin/python make_files.py)

lammps.h5 comes from make_lammps.c: LAMMPS' own library for dump h5md.
"""
import pathlib
import sys
import warnings

import h5py
import MDAnalysis
import mdtraj
import netCDF4
import numpy as np
import openpmd_api as openpmd
import pandas as pd
import pyh5md
import tables
from MDAnalysis.lib import distances

warnings.simplefilter("ignore")
here = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)


def ramp(frames, particles, dimension):
    """value(t, n, k) = 100 t + 10 n + k + 1/8"""
    t, n, k = np.ogrid[:frames, :particles, :dimension]
    return 100.0 * t + 10.0 * n + k + 0.125


# A chain of six atoms that diffuses through a triclinic box which breathes.
FRAMES, ATOMS = 12, 6
rng = np.random.default_rng(1)
steps = rng.normal(scale=0.6, size=(FRAMES, ATOMS, 3)) + [0.9, 0, 0]
free = np.cumsum(rng.normal(size=(ATOMS, 3)), axis=0) + np.cumsum(steps, axis=0)
boxes = np.tile(np.array([9.0, 8.0, 7.0, 75.0, 80.0, 70.0], np.float32), (FRAMES, 1))
boxes[:, :3] *= 1 + 0.01 * np.arange(FRAMES, dtype=np.float32)[:, None]
wrapped = np.array([distances.apply_PBC(free[t].astype(np.float32), boxes[t]) for t in range(FRAMES)])
universe = MDAnalysis.Universe.empty(ATOMS, trajectory=True)
universe.load_new(wrapped, dimensions=boxes, dt=2.0)


def write(writer):
    with writer:
        for _ in universe.trajectory:
            writer.write(universe.atoms)


write(MDAnalysis.Writer(str(here / "mdanalysis.h5md"), n_atoms=ATOMS, convert_units=False, timeunit="ps", lengthunit="Angstrom", creator="make_files.py"))
write(MDAnalysis.Writer(str(here / "mdanalysis.ncdf"), n_atoms=ATOMS))
# What is not read here goes through MDAnalysis into H5MD, as docs/files.md says.
write(MDAnalysis.Writer(str(here / "molecule.xtc"), n_atoms=ATOMS))
through = MDAnalysis.Universe.empty(ATOMS, trajectory=True)
through.load_new(str(here / "molecule.xtc"))
through.atoms.write(str(here / "through_xtc.h5md"), frames="all")
for left in here.glob("*molecule.xtc*"):
    left.unlink()
# The convention of AMBER in netCDF-4: the same variables and attributes, copied as nccopy -k nc4 does.
with netCDF4.Dataset(here / "mdanalysis.ncdf") as classic, netCDF4.Dataset(here / "amber4.nc", "w") as copy:
    copy.setncatts(classic.__dict__)
    for name, size in classic.dimensions.items():
        copy.createDimension(name, None if size.isunlimited() else len(size))
    for name, variable in classic.variables.items():
        made = copy.createVariable(name, variable.dtype, variable.dimensions)
        made.setncatts(variable.__dict__)
        made[:] = variable[:]
with mdtraj.formats.HDF5TrajectoryFile(str(here / "mdtraj.h5"), "w") as file:
    for t in range(FRAMES):
        file.write(wrapped[t : t + 1] / 10, time=[2.0 * t], cell_lengths=boxes[t : t + 1, :3] / 10, cell_angles=boxes[t : t + 1, 3:])

# H5MD by pyh5md: a time for each frame, in two dimensions and half a box; one number for all frames, with offsets; an observable.
with pyh5md.File(str(here / "pyh5md_time.h5"), "w", creator="make_files.py", creator_version="1", author="kswgd") as file:
    group = file.particles_group("all")
    group.create_box(dimension=2, boundary=["periodic", "none"], store="fixed", data=np.array([5.0, 4.0]))
    position = pyh5md.element(group, "position", store="time", data=np.zeros((4, 2)), time=True)
    for t, frame in enumerate(ramp(8, 4, 2)):
        position.append(frame, 10 * t, 0.05 * t * (1 + 1e-4 * (t % 2)))  # not exactly uniform
with pyh5md.File(str(here / "pyh5md_linear.h5"), "w", creator="make_files.py", creator_version="1", author="kswgd") as file:
    group = file.particles_group("all")
    group.create_box(dimension=3, boundary=["periodic"] * 3, store="fixed", data=np.diag([5.0, 4.0, 3.0]))
    position = pyh5md.element(group, "position", store="linear", data=np.zeros((4, 3)), step=10, step_offset=100, time=0.5, time_offset=5.0)
    energy = pyh5md.element(file.require_group("observables"), "energy", store="linear", data=0.0, step=10, time=0.5)
    for frame in ramp(8, 4, 3):
        position.append(frame)
        energy.append(frame[0, 0])
# A run that was stopped while it wrote: a value more than there are steps.
with pyh5md.File(str(here / "pyh5md_stopped.h5"), "w", creator="make_files.py", creator_version="1", author="kswgd") as file:
    position = pyh5md.element(file.particles_group("all"), "position", store="time", data=np.zeros((4, 3)), time=True)
    for t, frame in enumerate(ramp(6, 4, 3)):
        position.append(frame, 10 * t, 0.5 * t)
with h5py.File(here / "pyh5md_stopped.h5", "r+") as file:
    for name in ("step", "time"):
        file["particles/all/position"][name].resize((5,))

# openPMD: iterations whose numbers do not sort as text, particles in another order in each, one that is gone in the last, a constant component.
ids = np.array([7, 8, 9, 10, 2**60 + 1], np.uint64)
series = openpmd.Series(str(here / "openpmd.h5"), openpmd.Access.create)
scalar = openpmd.Mesh_Record_Component.SCALAR
for iteration in (90, 100, 110):
    at = series.iterations[iteration]
    at.time, at.dt, at.time_unit_SI = 0.5 * iteration, 0.5, 1e-15
    electrons = at.particles["electrons"]
    order = np.random.default_rng(iteration).permutation(5 if iteration < 110 else 4)
    n = len(order)

    def component(record, name, values, unit):
        part = record[name]
        part.reset_dataset(openpmd.Dataset(np.dtype("float64") if not np.issubdtype(np.asarray(values).dtype, np.unsignedinteger) else np.dtype("uint64"), [n]))
        part.unit_SI = unit
        if np.ndim(values):
            part.store_chunk(np.ascontiguousarray(values))
            series.flush()
        else:
            part.make_constant(values)

    for k, axis in enumerate("xyz"):
        component(electrons["position"], axis, iteration + 10.0 * order + k, 1e-6)
        component(electrons["positionOffset"], axis, 2.0, 1e-3)
        component(electrons["momentum"], axis, iteration + 10.0 * order + k, 1.0)
    component(electrons["id"], scalar, ids[order], 1.0)
    component(electrons["weighting"], scalar, 1.0 + order, 1.0)
    electrons["momentum"].set_attribute("macroWeighted", np.uint32(1))
    electrons["momentum"].set_attribute("weightingPower", 1.0)
    at.close()
series.close()

# PyTables and pandas.
class Row(tables.IsDescription):
    x = tables.Float64Col(pos=0)
    y = tables.Float32Col(pos=1)
    n = tables.Int32Col(pos=2)
    v = tables.Float64Col(shape=(2,), pos=3)


class Flagged(Row):
    inside = tables.BoolCol(pos=4)


with tables.open_file(str(here / "pytables.h5"), "w") as file:
    for name, kind in (("rows", Row), ("flagged", Flagged)):
        table = file.create_table("/", name, kind, chunkshape=16)
        for k in range(6):
            table.row["x"], table.row["y"], table.row["n"], table.row["v"] = k + 0.5, -k, k * k, [k, 2 * k]
            if name == "flagged":
                table.row["inside"] = k % 2
            table.row.append()
    file.create_earray("/", "array", obj=np.arange(12.0).reshape(6, 2), chunkshape=(8, 2))
    file.create_carray("/", "flags", obj=np.arange(12.0).reshape(6, 2) > 4, chunkshape=(8, 2))
frame = pd.DataFrame({"x": np.arange(5.0), "y": np.arange(5.0) ** 2})
frame.to_hdf(here / "pandas_fixed.h5", key="points", mode="w")
frame.to_hdf(here / "pandas_table.h5", key="points", mode="w", format="table", index=False)
frame.to_hdf(here / "pandas_columns.h5", key="points", mode="w", format="table", data_columns=True, index=False)
frame.assign(n=np.arange(5), inside=frame.x > 2).to_hdf(here / "pandas_mixed.h5", key="points", mode="w")

# netCDF-4: an unlimited dimension of which one variable has less, packed numbers, fill values.
with netCDF4.Dataset(here / "netcdf4.nc", "w") as file:
    file.createDimension("time", None)
    file.createDimension("coordinate", 2)
    time = file.createVariable("time", "f8", ("time",))
    time.units = "ps"
    file.createVariable("x", "f8", ("time", "coordinate"))[0:4] = np.arange(8.0).reshape(4, 2)
    packed = file.createVariable("packed", "i2", ("time", "coordinate"))
    packed.scale_factor, packed.add_offset = 0.5, 3.0
    packed[0:6] = np.arange(12.0).reshape(6, 2)
    gap = file.createVariable("gap", "f4", ("time", "coordinate"), fill_value=-99.0)
    gap[0:6] = np.ma.masked_equal(np.arange(12.0).reshape(6, 2), 5)
    late = file.createVariable("late", "f8", ("time", "coordinate"))
    late[3:6] = np.arange(6.0).reshape(3, 2)  # the rows before are in no chunk of the file
    hole = file.createVariable("hole", "f8", ("time", "coordinate"))
    hole[0:6] = np.ma.masked_equal(np.arange(12.0).reshape(6, 2), 5)  # with the fill value that netCDF chooses
    time[0:6] = np.arange(6) * 0.5

# Frames x particles x coordinates, in either order of memory.
np.save(here / "frames.npy", ramp(5, 3, 2))
np.save(here / "fortran.npy", np.asfortranarray(ramp(5, 3, 2).astype(np.float32)))
with h5py.File(here / "frames.h5", "w") as file:
    file.create_dataset("walkers", data=ramp(5, 3, 2), chunks=(2, 2, 2)).attrs["dt"] = 0.25

# What MDAnalysis says of the molecule, from what stands in its file.
with h5py.File(here / "mdanalysis.h5md") as file:
    stored = file["particles/trajectory/position/value"][:]
torsions, pairs, triples = [(0, 1, 2, 3), (2, 3, 4, 5)], [(0, 5), (1, 4)], [(0, 1, 2), (3, 4, 5)]
rows, walks = [], [stored[0].astype(float)]
for t in range(FRAMES):
    x, box = stored[t], boxes[t]
    pick = lambda lists, j: x[[one[j] for one in lists]]
    rows.append(
        np.concatenate(
            [
                distances.calc_dihedrals(*(pick(torsions, j) for j in range(4)), box=box),
                distances.calc_bonds(pick(pairs, 0), pick(pairs, 1), box=box),
                distances.calc_angles(*(pick(triples, j) for j in range(3)), box=box),
            ]
        )
    )
    if t:  # each atom to the image next to where it was
        walks.append(walks[-1] + distances.minimize_vectors((x - walks[-1]).astype(np.float32), box))


def text(row):
    return "{" + ", ".join(f"{float(v):.9g}" for v in row) + "}"


with open(here / "expected.hpp", "w", encoding="utf-8") as out:
    out.write("// SPDX-FileCopyrightText: The kswgd authors\n// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n\n#pragma once\n\n")
    out.write(f"// Written by make_files.py: what MDAnalysis {MDAnalysis.__version__} says of the molecule in mdanalysis.h5md.\n")
    out.write("// clang-format off\nnamespace kswgd::io::test::expected {\n\n")
    out.write("/// Torsions 0-1-2-3 and 2-3-4-5, distances 0-5 and 1-4, angles 0-1-2 and 3-4-5, under the nearest image.\n")
    out.write(f"inline constexpr double variables[{FRAMES}][6] = {{\n" + ",\n".join("    " + text(row) for row in rows) + "};\n")
    out.write("/// Where atoms 0 and 5 are, followed across the faces of the box.\n")
    out.write(f"inline constexpr double walks[{FRAMES}][6] = {{\n" + ",\n".join("    " + text(np.concatenate([w[0], w[5]])) for w in walks) + "};\n")
    out.write("\n}  // namespace kswgd::io::test::expected\n// clang-format on\n")
