#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# JAX 0.10.2 on the CPU, jax.device_put of a NumPy buffer that is filled anew for each frame.
#
# Expected: three frames with the numbers 0, 1 and 2; JAX' arrays are immutable, and jax.numpy.asarray gives just that.
# Seen:     three times the last frame. Where the buffer begins at a multiple of 64 bytes, device_put takes its memory as it is, and the "immutable" arrays change with it; where it does not,
#           it copies and all is right. NumPy's arrays begin at multiples of 16 (large ones at 16 or 48 beyond a page), so it is up to chance or the reader's allocator. jax.numpy.array and asarray copy.
# Why it matters: readers of trajectories (MDAnalysis' timestep, h5py's read_direct, mpi4py's buffers) fill one buffer again and again. A series of equal frames has no variance, or one frame a block
#           where they are gathered in blocks; on a GPU the same lines are right. Use jax.numpy.array(buffer).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 jax==0.10.2 jaxlib==0.10.2
JAX_PLATFORMS=cpu "$folder/venv/bin/python" - <<'PYTHON'
import sys

import jax
import jax.numpy as jnp
import numpy as np


def frames(put, offset):
    memory = np.zeros(4 * 1000 + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    buffer = memory[start : start + 4 * 1000].view(np.float32)
    kept = []
    for k in range(3):
        buffer[:] = k
        kept.append(put(buffer).block_until_ready())
    return [float(frame[0]) for frame in kept]


seen = {}
for put in (jax.device_put, jnp.asarray, jnp.array):
    for offset in (0, 16):
        seen[put.__name__, offset] = frames(put, offset)
        print(f"JAX {jax.__version__}, {put.__name__}, buffer at a multiple of 64 plus {offset}: {seen[put.__name__, offset]}")
right = [0.0, 1.0, 2.0]
sys.exit(0 if seen.pop(("device_put", 0)) == [2.0, 2.0, 2.0] and all(value == right for value in seen.values()) else 1)
PYTHON
