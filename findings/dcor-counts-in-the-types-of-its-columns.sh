#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# dcor 0.7, energy_distance and distance_correlation of two columns of counts from 0 to 99 (a thousand rows), kept as bytes, as 16-bit integers, as 32-bit integers and as floats.
#
# Expected: the same numbers, as numpy.mean and scipy.spatial.distance give them; or a refusal.
# Seen:     energy distance 1.29 of bytes, 19.14 of the others; distance correlation 251032 of bytes, where at most 1 is possible, and with method="mergesort" 3.8 of 16-bit and 5.5 of 32-bit integers, where floats give
#           0.665. Differences, their products and sums are taken in the type of the columns and go round; of bytes, 3 - 5 is 254. Only 16-bit integers with the default method are an error (an overflow).
# Why it matters: images, grades, occupation numbers and labels come as bytes; a test of two samples by permutation works as ever on the wrong distances and gives a p value. A table that is kept
#           small is exactly the one that needs a fast method. Pass astype(float).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 dcor==0.7
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import dcor
import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(1)
one, other = rng.integers(0, 100, size=1000), rng.integers(0, 100, size=1000)
both = (one + other) // 2
distance, correlation, sorting = {}, {}, {}
for kind in (np.uint8, np.int16, np.int32, float):
    x, y, half = one.astype(kind), both.astype(kind), (both // 2).astype(kind)
    distance[kind] = float(dcor.energy_distance(x, half))
    for method, results in (("auto", correlation), ("mergesort", sorting)):
        try:
            results[kind] = float(dcor.distance_correlation(x, y, method=method))
        except OverflowError:
            results[kind] = "an error"
    print(f"dcor {dcor.__version__}, {kind.__name__}: energy distance {distance[kind]:.3f}, distance correlation {correlation[kind]}, by mergesort {sorting[kind]}")
direct = 2 * np.abs(np.subtract.outer(one, both // 2)).mean() - np.abs(np.subtract.outer(one, one)).mean() - np.abs(np.subtract.outer(both // 2, both // 2)).mean()
print(f"energy distance from its definition: {direct:.3f}")
same = abs(distance[float] - direct) < 1e-9 and abs(distance[np.uint8] - direct) > 0.5 * direct
sys.exit(0 if same and 0 < correlation[float] < 1 and correlation[np.uint8] > 1 and sorting[np.int32] > 1 else 1)
PYTHON
