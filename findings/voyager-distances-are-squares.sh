#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# voyager 2.2.3, Index(Space.Euclidean), distances from query().
#
# Expected: 5 from (0, 0) to (3, 4): the documentation of Space.Euclidean has "the square root of the sum of the squared differences".
# Seen:     25, and so for all points: the square of what scipy.spatial.KDTree gives. Neighbours and their order are right. Space.Cosine is 1 less the cosine, as it says.
# Why it matters: bandwidths by the k-th neighbour, radii, dimensions by the ratio of two distances (Levina and Bickel, two nearest neighbours: half of the truth) and entropies take the number for a distance. For points
#           of unit spread it is of the same order, so that nothing stands out. Take the root.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 voyager==2.2.3
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import voyager
from scipy.spatial import KDTree


def neighbours(points, count):
    index = voyager.Index(voyager.Space.Euclidean, num_dimensions=points.shape[1])
    index.add_items(points)
    return index.query(points, k=count)


_, two = neighbours(np.array([[0.0, 0.0], [3.0, 4.0]], dtype=np.float32), 2)
plane = np.random.default_rng(0).uniform(size=(2000, 2)).astype(np.float32)
keys, distances = neighbours(plane, 3)
right, places = KDTree(plane).query(plane, k=3)
same = (keys == places).all(axis=1)
dimension = [len(d) / np.log(d[:, 2] / d[:, 1]).sum() for d in (distances[same], right[same])]
print(f"voyager {importlib.metadata.version('voyager')}: from (0, 0) to (3, 4) {two[0, 1]}; documentation: {voyager.Space.Euclidean.__doc__}")
print(f"2000 points of the plane: same neighbours for {same.mean():.3f}, dimension by two neighbours {dimension[0]:.2f}, with KDTree {dimension[1]:.2f}")
squared = two[0, 1] == 25 and np.allclose(distances[same], right[same] ** 2, rtol=1e-3, atol=1e-9)
sys.exit(0 if squared and same.mean() > 0.95 and "square root" in voyager.Space.Euclidean.__doc__ and abs(dimension[1] - 2 * dimension[0]) < 0.01 else 1)
PYTHON
