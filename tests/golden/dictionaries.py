# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes tests/golden/dictionaries.hpp (NumPy, SciPy): run it from the repository's root."""
import math

import numpy as np
from numpy.polynomial import hermite_e
from scipy.special import ndtr

t = np.array([-2.5, -0.3, 0.0, 1.1, 3.7])
he = [[hermite_e.hermeval(x, np.eye(9)[m]) / math.sqrt(math.factorial(m)) for m in range(9)] for x in t]
nodes, weights = hermite_e.hermegauss(6)
weights = weights / weights.sum()
w0, b0 = np.array([[0.5, -1.2], [2.0, 0.3], [-0.7, 0.9]]), np.array([0.1, -0.4, 0.2])
w1, b1 = np.array([[1.5, -0.6, 0.8], [0.2, 1.1, -2.0]]), np.array([-0.3, 0.7])
x = np.array([0.8, -1.7])
z = w0 @ x + b0
activations = {"tanh": np.tanh(z), "softplus": np.logaddexp(0, z), "silu": z / (1 + np.exp(-z)), "gelu": z * ndtr(z)}

def row(values):
    return "{" + ", ".join(repr(float(v)) for v in values) + "}"

with open("tests/golden/dictionaries.hpp", "w") as out:
    out.write("// SPDX-FileCopyrightText: The kswgd authors\n// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n\n#pragma once\n\n")
    out.write("// Written by tests/golden/dictionaries.py.\nnamespace kswgd::test::golden {\n\n")
    out.write(f"inline constexpr double hermite_points[5] = {row(t)};\n")
    out.write("inline constexpr double hermite[5][9] = {\n" + ",\n".join("    " + row(r) for r in he) + "};\n")
    out.write(f"inline constexpr double gauss_nodes[6] = {row(nodes)};\ninline constexpr double gauss_weights[6] = {row(weights)};\n")
    out.write("/// Outputs at (0.8, -1.7) of the network whose weights stand in dictionaries.py.\nstruct Network {\n  const char* activation;\n  double outputs[2];\n};\n")
    out.write("inline constexpr Network networks[4] = {\n" + ",\n".join(f'    {{"{n}", {row(w1 @ a + b1)}}}' for n, a in activations.items()) + "};\n")
    out.write("\n}  // namespace kswgd::test::golden\n")
