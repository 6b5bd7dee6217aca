#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# mpi4py 4.1.1, allreduce (lower case, for Python objects) of lists of numbers with MPI.MAX and MPI.MIN.
#
# Expected: the largest number in each place, [2, 9, 7] of [1, 9, 3] and [2, 0, 7], as Allreduce has it for arrays and as MPI has it for buffers; or an error, as MPI.PROD has one.
# Seen:     [2, 0, 7]: one of the lists, the one that is later in the order of a dictionary, which the first number decides. MPI.MIN gives [1, 9, 3]. MPI.SUM joins the lists, [1, 9, 3, 2, 0, 7], which at
#           least has another length. NumPy arrays of more than one number are refused.
# Why it matters: largest residuals, box corners and extents per column, gathered in a list or a tuple. The result has the right length and numbers that occur; it is the state of one rank. A histogram's range
#           leaves out the data of others, a test of convergence looks at one column. Pass arrays to Allreduce.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 mpi4py==4.1.1 mpich==5.0.2
cat >"$folder/reduce.py" <<'PYTHON'
import sys

import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD
numbers = [[1, 9, 3], [2, 0, 7]][world.rank]
by_place = np.empty(3, dtype=int)
same = True
for name, by_list in (("MAX", [2, 0, 7]), ("MIN", [1, 9, 3])):
    operation = getattr(MPI, name)
    world.Allreduce(np.array(numbers), by_place, operation)
    objects = [world.allreduce(kind(numbers), operation) for kind in (list, tuple)]
    if world.rank == 0:
        print(f"{name}: Allreduce of arrays {by_place}, allreduce of lists {objects[0]}, of tuples {objects[1]}")
    same = same and objects == [by_list, tuple(by_list)] and list(by_place) == ([2, 9, 7] if name == "MAX" else [1, 0, 3])
joined = world.allreduce(numbers)
if world.rank == 0:
    print(f"SUM: {joined}; {MPI.Get_library_version().splitlines()[0]}")
sys.exit(0 if same and joined == [1, 9, 3, 2, 0, 7] else 1)
PYTHON
"$folder/venv/bin/mpiexec" -n 2 "$folder/venv/bin/python" "$folder/reduce.py"
