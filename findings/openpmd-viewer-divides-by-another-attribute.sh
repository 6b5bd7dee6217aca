#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# openPMD-viewer 1.11.0, momenta (ux) of macroparticles of weights 1, 10 and 100, stored for the whole macroparticle, which the record's attributes macroWeighted = 1 and weightingPower = 1 say.
#
# Expected: momenta of one particle, divided by the weights, wherever these attributes stand: 0.73, 0.73, 0.73 here, of 1, 10 and 100 times the momentum.
# Seen:     it divides where the attribute of the file, openPMDextension, names the extension ED-PIC (which is where the standard defines the two). Where it does not, ux is 0.73, 7.3 and 73, and nothing is
#           said. The two files differ in that one number.
# Why it matters: it takes a code, or a script that converts files, that sets the two attributes and leaves the extension at 0. Momenta are wrong by the weight, which runs over orders of magnitude, and energies by
#           its square; each is plausible alone, and their distribution is one of weights. Look at both attributes, and divide by w by hand.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --prefer-binary numpy==2.4.6 scipy==1.17.1 h5py==3.16.0 openpmd-api==0.17.1.post4 openPMD-viewer==1.11.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import os
import sys
from importlib.metadata import version

import h5py
import numpy as np
import openpmd_api as io
from openpmd_viewer import OpenPMDTimeSeries

weights = np.array([1.0, 10.0, 100.0])
seen = {}
for extension in (0, 1):
    os.mkdir(f"extension{extension}")
    name = f"extension{extension}/data00000000.h5"
    series = io.Series(f"extension{extension}/data%08T.h5", io.Access.create)
    electrons = series.iterations[0].particles["electrons"]
    for record, component, values in (
        ("position", "x", np.arange(3.0)), ("positionOffset", "x", np.zeros(3)), ("momentum", "x", 2e-22 * weights),
        ("weighting", None, weights), ("mass", None, np.full(3, 9.1093837e-31)), ("charge", None, np.full(3, -1.602176634e-19)),
    ):
        of_all = record in ("momentum", "weighting")
        electrons[record].set_attribute("macroWeighted", np.uint32(of_all))
        electrons[record].set_attribute("weightingPower", 1.0 if of_all else 0.0)
        data = electrons[record][component] if component else electrons[record]
        data.reset_dataset(io.Dataset(values.dtype, values.shape))
        data.store_chunk(values)
    series.close()
    with h5py.File(name, "r+") as file:
        file.attrs["openPMDextension"] = np.uint32(extension)
    times = OpenPMDTimeSeries(f"extension{extension}")
    seen[extension], w = times.get_particle(["ux", "w"], species="electrons", iteration=0)
    print(f"openPMD-viewer {version('openPMD-viewer')}, openPMDextension {extension}: w {w}, ux {seen[extension].round(3)}")
sys.exit(0 if np.allclose(seen[0], seen[1] * weights) and np.allclose(seen[1], seen[1][0]) else 1)
PYTHON
