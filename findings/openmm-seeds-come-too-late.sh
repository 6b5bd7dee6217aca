#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# OpenMM 8.6.1, LangevinMiddleIntegrator.setRandomNumberSeed(5) before and after the Context (or the Simulation) is made.
#
# Expected: two runs with the same seed are the same; or an error where a seed comes too late.
# Seen:     before, they are, to the last digit. After, they differ from run to run: the seed is read once, when the Context is made, and drawn from the system where there was none. getRandomNumberSeed() gives the 5
#           back nevertheless. context.reinitialize(preserveState=True) does not help, as the state of the generator is preserved with the rest; without preserveState it does, and positions are to be set again.
# Why it matters: simulation.integrator.setRandomNumberSeed(seed) is the natural line once one has a Simulation, and the seed goes into the notes of the run. Whoever repeats the run gets another, and looks for the
#           difference in versions and hardware.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 OpenMM==8.6.1
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import numpy as np
import openmm

reference = openmm.Platform.getPlatformByName("Reference")


def run(before=None, after=None, again=None):
    system = openmm.System()
    system.addParticle(10.0)
    well = openmm.CustomExternalForce("500 * (x^2 + y^2 + z^2)")
    well.addParticle(0)
    system.addForce(well)
    integrator = openmm.LangevinMiddleIntegrator(300, 1, 0.002)
    if before is not None:
        integrator.setRandomNumberSeed(before)
    context = openmm.Context(system, integrator, reference)
    context.setPositions([[0, 0, 0]])
    if after is not None:
        integrator.setRandomNumberSeed(after)
    if again is not None:
        context.reinitialize(preserveState=again)
        context.setPositions([[0, 0, 0]])
    integrator.step(100)
    return context.getState(positions=True).getPositions(asNumpy=True)._value[0], integrator.getRandomNumberSeed()


cases = {"before": {"before": 5}, "after": {"after": 5}, "after, state preserved": {"after": 5, "again": True}, "after, all anew": {"after": 5, "again": False}}
equal = {}
for name, options in cases.items():
    (one, seed), (other, _) = run(**options), run(**options)
    equal[name] = bool(np.all(one == other))
    print(f"OpenMM {openmm.__version__}, seed {name}: {one.round(4)} and {other.round(4)}, getRandomNumberSeed() {seed}")
sys.exit(0 if equal == {"before": True, "after": False, "after, state preserved": False, "after, all anew": True} else 1)
PYTHON
