#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# PyDMD 2025.8.1, growth_rate beside frequency of a dynamic mode decomposition.
#
# Expected: the real and the imaginary part of log(eigenvalue) / dt, the latter over 2 pi: a mode e^(-0.3 t) has the growth rate -0.3.
# Seen:     frequency is so; growth_rate is the real part of the eigenvalue itself over dt. Modes that decay at 0.3 and 0.1 have growth rates of +9.7 both
#           (time step 0.1); with a shorter step the numbers go to infinity instead of a limit. No warning.
# Why it matters: decaying modes look as if they exploded, their order by decay is lost where they oscillate, and implied timescales from them are meaningless.
#           log(abs(eigs)) / dt is the rate.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 PyDMD==2025.8.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import numpy as np
from pydmd import DMD

dt = 0.1
t = dt * np.arange(200)
series = np.array([np.exp(-0.3 * t), np.exp(-0.1 * t) * np.cos(2 * t), np.exp(-0.1 * t) * np.sin(2 * t)])
fitted = DMD(svd_rank=3).fit(series)
fitted.original_time["dt"] = fitted.dmd_time["dt"] = dt
order = np.argsort(np.abs(np.angle(fitted.eigs)))
eigenvalues = fitted.eigs[order]
print(f"PyDMD {version('pydmd')}, modes that decay at 0.3, 0.1, 0.1 and turn with 0, 2, 2 / (2 pi):")
print("log |eigenvalue| / dt", (np.log(np.abs(eigenvalues)) / dt).round(4))
print("growth_rate          ", fitted.growth_rate[order].round(4))
print("frequency * 2 pi     ", (2 * np.pi * fitted.frequency[order]).round(4))
right = np.allclose(np.log(np.abs(eigenvalues)) / dt, [-0.3, -0.1, -0.1]) and np.allclose(np.abs(2 * np.pi * fitted.frequency[order]), [0, 2, 2], atol=1e-6)
sys.exit(0 if right and np.allclose(fitted.growth_rate, fitted.eigs.real / dt) and np.all(fitted.growth_rate > 9) else 1)
PYTHON
