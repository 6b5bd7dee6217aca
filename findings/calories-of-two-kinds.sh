#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# UDUNITS-2 through cf-units 3.3.1, and pint 0.25.3, unyt 3.2.0, quantities 0.16.4, OpenMM 8.6.1 and SciPy 1.17.1: what a kilocalorie is in kJ, and a year in days.
#
# Expected: 4.184, the thermochemical calorie, by which force fields and programs of this field convert kcal/mol.
# Seen:     all have it but UDUNITS, with which NCO, cf-units and other netCDF tools convert: there it is 4.1868 (the calorie of steam tables), under the plain name. A year is 365.2422 days in UDUNITS and
#           quantities, 365.25 in pint, unyt and OpenMM, and 365 in SciPy's constants.
# Why it matters: 0.067 % of an energy in kcal/mol: 2.8 kJ/mol, more than kT at room temperature, of an energy of 1000 kcal/mol; small enough to pass for noise or for another version of a force field, and
#           reversed without a trace on the way back. Convert to joules before a file is written; UDUNITS has thermochemical_calorie, too.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 cf-units==3.3.1 pint==0.25.3 unyt==3.2.0 quantities==0.16.4 openmm==8.6.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import cf_units
import openmm.unit
import pint
import quantities
import scipy.constants
import unyt

registry = pint.UnitRegistry()
calorie = {
    "UDUNITS": cf_units.Unit("kcal/mol").convert(1.0, "kJ/mol"),
    "UDUNITS, thermochemical_calorie": 1000 * cf_units.Unit("thermochemical_calorie").convert(1.0, "kJ"),
    "pint": registry("kcal").to("kJ").magnitude,
    "unyt": float(unyt.unyt_quantity(1, "kcal").to("kJ")),
    "quantities": float(quantities.calorie.rescale("J")),
    "OpenMM": openmm.unit.kilocalorie.conversion_factor_to(openmm.unit.kilojoule),
    "SciPy": scipy.constants.calorie,
}
year = {
    "UDUNITS": cf_units.Unit("year").convert(1.0, "day"),
    "quantities": float(quantities.year.rescale("day")),
    "pint": registry("year").to("day").magnitude,
    "unyt": float(unyt.unyt_quantity(1, "yr").to("day")),
    "OpenMM": openmm.unit.year.conversion_factor_to(openmm.unit.day),
    "SciPy": scipy.constants.year / scipy.constants.day,
}
print("kcal in kJ:", {name: round(value, 6) for name, value in calorie.items()})
print("year in days:", {name: round(value, 6) for name, value in year.items()})
others = all(abs(value - 4.184) < 1e-9 for name, value in calorie.items() if name != "UDUNITS")
years = all(abs(year[name] - days) < 1e-4 for name, days in (("UDUNITS", 365.24220), ("quantities", 365.24220), ("pint", 365.25), ("unyt", 365.25), ("OpenMM", 365.25), ("SciPy", 365)))
sys.exit(0 if others and years and abs(calorie["UDUNITS"] - 4.1868) < 1e-9 else 1)
PYTHON
