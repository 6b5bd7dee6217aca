#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# CasADi 3.8.2, casadi.interpolant of 100 + x^2 on a grid from 0 to 1, with "linear" and with "bspline", a little outside of the grid.
#
# Expected: both go on in some way (the last piece, or the last value), or both are refused or NaN; the two are choices of one argument.
# Seen:     linear goes on with the last piece: 101.18 at 1.1. The spline is 101 at 1 and exactly 0 at 1 + 1e-9 and beyond, and its derivative is 0 there. Nothing is said; the documentation does
#           not say what lies outside.
# Why it matters: a tabulated potential, force or drift. One step over the edge the energy drops by its full value, which a minimiser likes, and the gradient of 0 tells it that it has arrived; a trajectory
#           that leaves the table flies on without a force. Widen the table, or clip the argument.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 casadi==3.8.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import casadi
import numpy as np

grid = np.linspace(0, 1, 6)
points = [-0.1, 0.5, 1.0, 1 + 1e-9, 1.1]
value, slope = {}, {}
for kind in ("linear", "bspline"):
    table = casadi.interpolant("table", kind, [grid], 100 + grid**2)
    x = casadi.MX.sym("x")
    derivative = casadi.Function("derivative", [x], [casadi.jacobian(table(x), x)])
    value[kind], slope[kind] = (np.array([float(f(point)) for point in points]) for f in (table, derivative))
    print(f"CasADi {casadi.__version__}, {kind}: at {points} {value[kind]}, slope {slope[kind]}")
spline = np.allclose(value["bspline"][1:3], [100.25, 101], atol=1e-9) and not value["bspline"][[0, 3, 4]].any() and not slope["bspline"][[0, 3, 4]].any()
sys.exit(0 if spline and np.allclose(value["linear"], [99.98, 100.26, 101, 101, 101.18]) else 1)
PYTHON
