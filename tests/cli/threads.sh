#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The same bits for any number of threads: spectra and samples of 1, 2, 3 and 8 are compared byte by byte, and all numbers of the model files where
# python3 has h5py. Processes of their own, because Kokkos fixes the number when it begins.
source "$(dirname "$0")/common.sh"

# same_model A B: every dataset of two model files; those of where, when and how long a model was made are attributes, or differ.
same_model() {
  python3 - "$1" "$2" <<'PYTHON'
import sys, h5py
def numbers(path):
    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: found.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiu" and item.shape else None)
    return found
a, b = numbers(sys.argv[1]), numbers(sys.argv[2])
different = [name for name in sorted(a.keys() | b.keys()) if a.get(name) != b.get(name)]
for name in different: print(name)
sys.exit(bool(different) or not a)
PYTHON
}
python3 -c 'import h5py' 2>/dev/null && has_h5py=yes || has_h5py=no

# compare NAME FIT...: fits with each number of threads, and compares what is read from the model. `flows` are the options of `sample`.
compare() {
  local name=$1 threads flow number; shift
  for threads in 1 2 3 8; do
    export OMP_NUM_THREADS=$threads
    accepts fit "$@" -o "$name.$threads.h5" --seed 3
    accepts spectrum "$name.$threads.h5" --json "$name.$threads.json"
    [[ $has_h5py == no ]] || check "$name: the models of 1 and $threads threads have the same numbers" same_model "$name.1.h5" "$name.$threads.h5"
    number=0
    for flow in "${flows[@]}"; do
      accepts sample "$name.$threads.h5" -n 700 --seed 5 -o "$name.$threads.$((number += 1)).npy" $flow
    done
    for file in "$name.$threads".*.npy "$name.$threads.json"; do
      check "$file is the same as with one thread" cmp -s "$file" "${file/.$threads./.1.}"
    done
  done
}

# Two clouds, each of sums of three uniform numbers, and a killing rate.
awk 'BEGIN { srand(7); for (i = 0; i < 3000; ++i) { x = rand() + rand() + rand() - 1.5 + (i % 2 ? 1 : -1); y = rand() + rand() + rand() - 1.5
  printf "%.17g,%.17g\n", x, y >"points.csv"; printf "%.17g\n", x * x >"rate.csv" } }'
accepts simulate double-well --samples 6000 --dt 0.05 --trajectories 2 --seed 1 -o moving.h5

flows=("" "--precision fp64" "--inverse spectral --modes 20")
compare generator points.csv
flows=("--max-steps 20")
compare edmd moving.h5 --lag 4 --features 100
compare killed points.csv --killing rate.csv --features 50
compare diffusive moving.h5 --estimator generator --diffusion full --features 50
compare fourier points.csv --dictionary fourier --features 100
compare map points.csv --estimator diffusion-map --modes 8
[[ $has_h5py == yes ]] || echo "without h5py the model files themselves were not compared"
finish
