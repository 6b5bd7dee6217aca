#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MPICH 5.0.2 through mpi4py 4.1.1, Allreduce with MPI.MAX of two ranks' numbers, one of which is NaN.
#
# Expected: NaN on both ranks, as numpy.maximum; or the other number on both. An allreduce gives all ranks the same.
# Seen:     each rank gets the other one's number: with NaN on rank 0, rank 0 gets 1 and rank 1 gets NaN. MPI.MIN is the same. The standard says nothing of NaN. allreduce of
#           Python's numbers (lower case) gives all ranks the same, NaN or 1, by which rank has the NaN.
# Why it matters: "stop when the largest residual of all ranks is small" is decided differently on two ranks when a number has become NaN: one leaves the loop, the other waits for it
#           in the next reduction for ever. And the same check may hide the NaN from all. Reduce a count of non-finite numbers beside the maximum.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 mpi4py==4.1.1 mpich==5.0.2
cat >"$folder/reduce.py" <<'PYTHON'
import math
import sys

import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD
differ = False
for numbers in ([math.nan, 1.0], [1.0, math.nan], [2.0, 1.0]):
    largest = np.empty(1)
    world.Allreduce(np.array([numbers[world.rank]]), largest, MPI.MAX)
    on_ranks = world.allgather(float(largest[0]))
    if world.rank == 0:
        print(f"maximum of {numbers}: {on_ranks[0]} on rank 0, {on_ranks[1]} on rank 1")
    if math.isnan(sum(numbers)):
        differ = differ or math.isnan(on_ranks[0]) != math.isnan(on_ranks[1])
    elif on_ranks != [2.0, 2.0]:
        sys.exit(1)
if world.rank == 0:
    print(MPI.Get_library_version().splitlines()[0])
sys.exit(0 if differ else 1)
PYTHON
"$folder/venv/bin/mpiexec" -n 2 "$folder/venv/bin/python" "$folder/reduce.py"
