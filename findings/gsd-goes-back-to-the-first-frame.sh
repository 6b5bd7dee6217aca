#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# gsd 5.0.1, frames of three of which each leaves something away: no step in the second, no positions in the third.
#
# Expected: what is left away is missing (None), or as in the frame before, which is how formats that store changes alone have it; a step goes on.
# Seen:     it is what the first frame has: steps are 100, 100, 300, and the third frame has the positions of the first, where the second one's were. Where the number of particles differs from the first frame's it is a
#           default, 0. The schema has it so; gsd.hoomd writes such a frame without a word.
# Why it matters: a writer that leaves away what did not change since the last frame makes a trajectory which jumps back to its start. Two frames of one step are a pair at lag 0, and a time axis from steps
#           is not increasing. Write step and position in every frame, and test a file with numpy.diff of its steps.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 gsd==5.0.1
"$folder/venv/bin/python" - "$folder/run.gsd" <<'PYTHON'
import sys

import gsd.hoomd
import gsd.version
import numpy as np

with gsd.hoomd.open(sys.argv[1], "w") as file:
    for step, x, count in ((100, 1.0, 2), (None, 2.0, 2), (300, None, 2), (400, None, 3)):
        frame = gsd.hoomd.Frame()
        frame.particles.N = count
        frame.configuration.box = [20, 20, 20, 0, 0, 0]
        if step is not None:
            frame.configuration.step = step
        if x is not None:
            frame.particles.position = np.full((count, 3), x)
        file.append(frame)
with gsd.hoomd.open(sys.argv[1]) as file:
    steps = [int(frame.configuration.step) for frame in file]
    at = [float(frame.particles.position[0, 0]) for frame in file]
print(f"gsd {gsd.version.version}: written steps 100, none, 300, 400 and positions 1, 2, none, none (a particle more); read steps {steps}, positions {at}")
sys.exit(0 if steps == [100, 100, 300, 400] and at == [1.0, 2.0, 1.0, 0.0] else 1)
PYTHON
