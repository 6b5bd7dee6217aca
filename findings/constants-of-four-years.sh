#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# quantities 0.16.4, unyt 3.2.0, pint 0.25.3 and SciPy 1.17.1: Boltzmann's constant, and whether 1 eV is the elementary charge times 1 V.
#
# Expected: 1.380649e-23 J/K, which has been exact since 2019, from all; and 1 eV = e V within a library, by definition.
# Seen:     pint and SciPy have it. quantities has 1.3806504e-23, the value of 2006 (1.0e-6 too large), unyt 1.3806488e-23, that of 2010. In both an eV comes from another year than e does:
#           they differ by 2.7e-8 in quantities and by 3.7e-8 in unyt.
# Why it matters: kT from one library and energies from another, or e V and eV within one, agree to six or seven digits and no more: "equal to 1e-8" fails in a comparison of codes that are both
#           right, and the difference of large energies carries it on. Take k from one place, and let it be the exact one.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 quantities==0.16.4 unyt==3.2.0 pint==0.25.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import pint
import quantities
import scipy
import scipy.constants
import unyt

registry = pint.UnitRegistry()
known = unyt.physical_constants
k = {
    "SciPy": scipy.constants.k,
    "pint": registry("boltzmann_constant").to("J/K").magnitude,
    "quantities": float(quantities.constants.k.simplified),
    "unyt": float(known.boltzmann_constant_mks),
}
volt = {
    "SciPy": scipy.constants.eV / scipy.constants.e,
    "pint": registry("eV / (elementary_charge * volt)").to("").magnitude,
    "quantities": float((quantities.eV / (quantities.constants.e * quantities.V)).simplified),
    "unyt": float((1 * unyt.eV).to("J").value) / float(known.elementary_charge_mks),
}
print(f"SciPy {scipy.__version__}, pint {pint.__version__}, quantities {quantities.__version__}, unyt {unyt.__version__}")
for name in k:
    print(f"  {name}: k {k[name]:.8g} J/K, off by {k[name] / 1.380649e-23 - 1:.1e}; eV / (e V) - 1 is {volt[name] - 1:.1e}")
exact = all(np.isclose(k[name], 1.380649e-23, rtol=1e-12, atol=0) and abs(volt[name] - 1) < 1e-12 for name in ("SciPy", "pint"))
old = np.isclose(k["quantities"], 1.3806504e-23, rtol=1e-9, atol=0) and np.isclose(k["unyt"], 1.3806488e-23, rtol=1e-9, atol=0)
sys.exit(0 if exact and old and all(1e-8 < abs(volt[name] - 1) < 1e-7 for name in ("quantities", "unyt")) else 1)
PYTHON
