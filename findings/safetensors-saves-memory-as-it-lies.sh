#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# safetensors 0.8.0, safetensors.numpy.save of a matrix in Fortran's order, and of every second number of a row.
#
# Expected: the numbers by their index, as numpy.save has them, or a refusal. The documentation asks for tensors that are "contiguous and dense", which a matrix in Fortran's order is, to NumPy.
# Seen:     the memory from the first number on is written as it lies, under the right shape and type: [[0, 1, 2], [3, 4, 5]] comes back as [[0, 3, 1], [4, 2, 5]], and 0, 2, 4 as 0, 1, 2. Nothing is said.
# Why it matters: weights and bases come out of scipy.linalg and LAPACK (eigenvectors, factors), out of A.T and pandas' to_numpy in Fortran's order. A square matrix of eigenvectors comes back transposed, a
#           trajectory with a stride as its beginning. Save numpy.ascontiguousarray(x), and compare once with what is read.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 safetensors==0.8.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import safetensors
import scipy.linalg
from safetensors.numpy import load, save

matrix = np.arange(6.0).reshape(2, 3)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")

    def back(x):
        return load(save({"x": x}))["x"]

    in_c, in_fortran, strided = back(matrix), back(np.asfortranarray(matrix)), back(np.arange(6.0)[::2])
    vectors = scipy.linalg.eigh(np.array([[2.0, 1, 0], [1, 3, 1], [0, 1, 4]]))[1]
    vectors_back = back(vectors)
print(f"safetensors {safetensors.__version__}: in C's order {in_c.tolist()}, in Fortran's {in_fortran.tolist()}; of 0, 2, 4: {strided.tolist()}")
print(f"eigenvectors of scipy.linalg.eigh come back as they are: {np.array_equal(vectors, vectors_back)}, transposed: {np.array_equal(vectors.T, vectors_back)}")
same = np.array_equal(in_c, matrix) and in_fortran.tolist() == [[0, 3, 1], [4, 2, 5]] and strided.tolist() == [0, 1, 2]
sys.exit(0 if same and np.array_equal(vectors.T, vectors_back) and not said else 1)
PYTHON
