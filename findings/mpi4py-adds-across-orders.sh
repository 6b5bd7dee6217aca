#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# mpi4py 4.1.1, Allreduce of NumPy arrays of which one is in C's and the other in Fortran's order.
#
# Expected: sums element by element, by index, as everywhere in NumPy; or a refusal, as for slices with gaps ("buffer is not contiguous").
# Seen:     the memory is taken as it lies, and shapes are not looked at: with an array of 4 x 3 and a result in Fortran's order the sum comes back with its elements in other places,
#           and a transposed array comes back transposed back. Nothing is said, and with square matrices the shape gives nothing away, either.
# Why it matters: results of LAPACK, of scipy.linalg and of A.T are in Fortran's order, buffers from numpy.empty in C's: a reduced Gram matrix is right, for it is symmetric; a reduced
#           cross-covariance at a lag, or a block of eigenvectors, is not. Pass numpy.ascontiguousarray on both sides.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 mpi4py==4.1.1 mpich==5.0.2
cat >"$folder/reduce.py" <<'PYTHON'
import sys

import mpi4py
import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD
x = np.arange(12.0).reshape(4, 3)
into_fortran = np.zeros((4, 3), order="F")
world.Allreduce(x, into_fortran, MPI.SUM)
of_transpose = np.zeros((3, 4))
world.Allreduce(x.T, of_transpose, MPI.SUM)
try:
    world.Allreduce(x[:, :2], np.zeros((4, 2)), MPI.SUM)
    refused = False
except (ValueError, BufferError) as error:
    refused = str(error)
if world.rank == 0:
    print(f"mpi4py {mpi4py.__version__}, twice the array expected:\n{2 * x}\nseen in Fortran's order:\n{into_fortran}")
    print(f"twice the transpose expected:\n{2 * x.T}\nseen:\n{of_transpose}\na slice with gaps: {refused}")
moved = not np.allclose(into_fortran, 2 * x) and np.allclose(into_fortran.ravel(order="K"), 2 * x.ravel())
sys.exit(0 if moved and np.allclose(of_transpose.ravel(), 2 * x.ravel()) and refused else 1)
PYTHON
"$folder/venv/bin/mpiexec" -n 2 "$folder/venv/bin/python" "$folder/reduce.py"
