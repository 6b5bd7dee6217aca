#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# HDF5 1.10.8 (Debian 12), h5diff of two files whose datasets of one name have another number of rows, or another kind of type.
#
# Expected: exit status 1, "differences found"; they have not even the same shape. cmp and diff do so, and h5diff itself where a dataset is missing.
# Seen:     exit status 0, and a note that some objects are not comparable, or with --quiet nothing at all: for 4 rows against 5, for n against n x 1, for text against numbers.
#           Its help has 0 for "no differences", and 1 and 2 for what is not that.
# Why it matters: the check of a reference in CI. A run that ended early, a trajectory with half its frames, passes for the very reason that it is short. Compare shapes
#           (h5ls) beside it, or look for "not comparable" in what it prints.
#
# Needs Debian 12 with libhdf5-103-1 (any package that uses HDF5 brings it).
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 h5py==3.16.0
(cd "$folder" && apt-get download --quiet hdf5-tools=1.10.8+repack1-1 >/dev/null 2>&1 && dpkg -x ./*.deb .)
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys

import h5py
import numpy as np

five = np.arange(5.0)
files = {"run": five, "copy": five, "other": five + 1, "short": five[:4], "column": five[:, None], "text": np.array([b"a"] * 5)}
for name, rows in files.items():
    with h5py.File(f"{sys.argv[1]}/{name}.h5", "w") as file:
        file["x"] = rows
PYTHON
seen=""
for name in copy other short column text; do
  status=0
  said=$("$folder/usr/bin/h5diff" "$folder/run.h5" "$folder/$name.h5") || status=$?
  seen+=$status
  printf '%s: status %d %s\n' "$name" "$status" "$(grep -e comparable -e differences <<<"$said")"
done
"$folder/usr/bin/h5diff" --version
[[ $seen == 01000 ]]
