#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MDAnalysis 2.11.0, transfer_to_memory() of two XTC files read as one trajectory: five frames 10 ps apart from 1000 ps on, five 100 ps apart from 2000 ps on.
#
# Expected: the frames keep their times, as they keep their positions: the call exchanges the reader, so that coordinates can be edited in place.
# Seen:     times are 0, 100, ... 900 ps: from 0 on, with the last file's step for all. Where the run began, the gap between the files and the first file's step are gone, without
#           a warning. Of a single file the origin is gone alone.
# Why it matters: the first four steps of 10 ps count as 400 ps, a lag of so many frames spans the gap, and nothing in the universe tells any more. What is cut by time (t > 1020 ps, for equilibration)
#           is another part. Take the times from the files before.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 MDAnalysis==2.11.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import MDAnalysis
import numpy as np

source = MDAnalysis.Universe.empty(2, trajectory=True)
names = []
for begin, step in ((1000, 10), (2000, 100)):
    names.append(f"{sys.argv[1]}/{begin}.xtc")
    with MDAnalysis.Writer(names[-1], 2) as writer:
        for i in range(5):
            source.trajectory.ts.time = begin + step * i
            writer.write(source.atoms)
universe = MDAnalysis.Universe.empty(2, trajectory=False)
universe.load_new(names)
before = [frame.time for frame in universe.trajectory]
universe.transfer_to_memory()
after = [frame.time for frame in universe.trajectory]
print(f"MDAnalysis {MDAnalysis.__version__}, times in ps\nfrom the files: {before}\nin memory:      {after}")
written = np.r_[1000 + 10.0 * np.arange(5), 2000 + 100.0 * np.arange(5)]
sys.exit(0 if np.allclose(before, written) and np.allclose(after, 100 * np.arange(10)) else 1)
PYTHON
