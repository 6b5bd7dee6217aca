#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# JAX 0.10.2, jax.numpy.histogram of 20 million numbers of single precision that are all in one bin, without weights and with a weight of 2.
#
# Expected: 20 million, as numpy.histogram counts them (in 64-bit integers), and 40 million; jax.numpy.bincount gives 20 million.
# Seen:     16777216, 2^24, and 33554432. Counts are sums of ones in the type of the numbers, one by one, and 16777216 + 1 is 16777216 in single precision. jax.ops.segment_sum and x.at[i].add do the same.
#           Nothing is said.
# Why it matters: a bin that is full stands still while the others grow: peaks are cut off, at the same height each, and free energies, -log of the counts, are flat at the bottom of the deepest well. That is where
#           a simulation on a GPU has its samples. Integer weights do not help; bincount(digitize(x, edges) - 1) does.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import jax
import jax.numpy as jnp
import numpy as np

number = 20_000_000
ones = np.ones(number, np.float32)
edges = np.linspace(0, 2, 3)
theirs = np.histogram(ones, bins=edges)[0]
ours, weighted = jnp.histogram(ones, bins=edges)[0], jnp.histogram(ones, bins=edges, weights=jnp.full(number, 2.0))[0]
integers = jnp.histogram(ones, bins=edges, weights=jnp.ones(number, int))[0]
counted = jnp.bincount(jnp.digitize(ones, edges) - 1, length=2)
added = jnp.zeros(1).at[jnp.zeros(number, int)].add(1.0)
print(f"NumPy {theirs}; JAX {jax.__version__}: histogram {np.asarray(ours)}, with weights of 2 {np.asarray(weighted)}, with integer weights {np.asarray(integers)}, bincount {np.asarray(counted)}, at[].add {np.asarray(added)}")
sys.exit(0 if theirs[1] == counted[1] == number and ours[1] == integers[1] == added[0] == 2**24 and weighted[1] == 2**25 else 1)
PYTHON
