#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# pint 0.25.3, numpy.ptp (largest less smallest) of temperatures in degrees Celsius, in kelvin.
#
# Expected: 5 K for 20 and 25 degrees, as numpy.max less numpy.min, numpy.diff and numpy.std have it: pint knows differences of temperatures (delta_degree_Celsius).
# Seen:     278.15 K: numpy.ptp gives 5 degree_Celsius, a temperature, to which 273.15 is added when it is converted.
# Why it matters: columns are scaled by their ranges, error bars and bin widths made of them. In degrees Celsius the number looks right, in kelvin it is 55 times too large, and a
#           column so scaled plays no part in a distance. Convert to kelvin first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 pint==0.25.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import pint

unit = pint.UnitRegistry()
temperature = unit.Quantity(np.array([20.0, 25.0]), "degC")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    seen = [value.to("K").magnitude.item() for value in (np.ptp(temperature), temperature.max() - temperature.min(), np.diff(temperature)[0], np.std(temperature))]
    by_kelvin = np.ptp(temperature.to("K")).magnitude.item()
print(f"pint {pint.__version__}, in K: ptp {seen[0]:.2f}, max less min {seen[1]:.2f}, diff {seen[2]:.2f}, std {seen[3]:.2f}; ptp after conversion {by_kelvin:.2f}")
sys.exit(0 if np.allclose(seen, [278.15, 5, 5, 2.5]) and np.isclose(by_kelvin, 5) and not said else 1)
PYTHON
