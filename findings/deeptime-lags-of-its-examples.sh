#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# deeptime 0.5.0, time between the rows of deeptime.data.ornstein_uhlenbeck() and double_well_2d().
#
# Expected: what their documentation says, h * n_steps = 10 for the first and 0.1 for the second.
# Seen:     0.5 for the first and 10 for the second. Both have a coordinate whose correlation is known, e^(-t) and e^(-2 t): between rows it is e^-0.5, and nothing is
#           left of it, where the documented times make it e^-10 and e^-0.2. The attributes h and n_steps of the system are right.
# Why it matters: these are the examples on which estimators of rates are compared. Rates in the documented unit of time are wrong by a factor of 20 one way and
#           100 the other, and the second system is all but decorrelated from row to row. Take system.h * system.n_steps.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 deeptime==0.5.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import numpy as np
from deeptime import data

print(f"deeptime {version('deeptime')}")
seen = {}
for name, start, rate, rows in (("ornstein_uhlenbeck", [0.0], 1, 8000), ("double_well_2d", [0.0, 0.0], 2, 1000)):
    make = getattr(data, name)
    said = next(line.split(":code:`")[1].split("`")[0] for line in make.__doc__.splitlines() if "default lag time" in line or "h*n_steps" in line)
    system = make()
    x = system.trajectory(np.array([start]), rows, seed=1).reshape(rows, -1)[:, -1]
    correlation = np.corrcoef(x[1:], x[:-1])[0, 1]
    seen[name] = said, system.h * system.n_steps, correlation
    print(f"  {name}: documented {said}; system.h * system.n_steps {seen[name][1]:.3g}; correlation from row to row {correlation:.3f}, "
          f"by this time {np.exp(-rate * seen[name][1]):.3f}")
ou, well = seen["ornstein_uhlenbeck"], seen["double_well_2d"]
same = ou[0].endswith("=10") and well[0].endswith("=0.1") and np.isclose(ou[1], 0.5) and np.isclose(well[1], 10)
sys.exit(0 if same and abs(ou[2] - np.exp(-0.5)) < 0.05 and abs(well[2]) < 0.15 else 1)
PYTHON
