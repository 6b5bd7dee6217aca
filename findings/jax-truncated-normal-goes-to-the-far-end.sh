#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# JAX 0.10.2, jax.random.truncated_normal(key, lower, upper), in single precision: from 5 to 6, from 6 to 9, from -9 to -6, and in double precision from 9 to 12.
#
# Expected: draws that crowd at the end near 0, as the density falls: means of 5.18, 6.16, -6.16 and 9.11, as scipy.stats.truncnorm has them.
# Seen:     from 6 to 9 all draws are 8.999999, from -9 to -6 all are -8.999999, from 9 to 12 in double precision all are just below 12: the end that is the least probable of all. From 5 to 6 there are ten
#           different numbers, the largest 5.9999995. The numbers fit draws between the values of the error function at the ends, which are 1 there, and its inverse, which is infinite at 1 and is then cut to the range. No warning.
# Why it matters: starting points beyond a barrier, particles behind a wall, a Gibbs step for a rare event or a probit. A half line that begins at 4 is right (to 1063 different numbers), one that begins at 6 puts
#           everything where the other end happens to be. Draw from an exponential distribution with rejection there.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 jax==0.10.2 jaxlib==0.10.2
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import jax
import numpy as np
from scipy.stats import truncnorm

jax.config.update("jax_enable_x64", True)
key = jax.random.key(0)
same = True
for kind, lower, upper in ((np.float32, 1, 2), (np.float32, 4, 9), (np.float32, 5, 6), (np.float32, 6, 9), (np.float32, -9, -6), (np.float64, 9, 12)):
    draws = np.asarray(jax.random.truncated_normal(key, kind(lower), kind(upper), (10000,), kind))
    values, far = np.unique(draws), upper if lower > 0 else lower
    print(f"JAX {jax.__version__}, {kind.__name__} from {lower} to {upper}: mean {draws.mean(dtype=float):.4f}, SciPy {truncnorm(lower, upper).mean():.4f}; {len(values)} different numbers, largest {values[-1]:.8f}")
    if lower in (1, 4):
        same = same and abs(draws.mean(dtype=float) - truncnorm(lower, upper).mean()) < 0.01
    elif lower == 5:
        same = same and len(values) < 20
    else:
        same = same and len(values) == 1 and abs(values[0] - far) < 1e-5
sys.exit(0 if same else 1)
PYTHON
