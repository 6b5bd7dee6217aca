#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# quantities 0.16.4: 1 nm and 2 nm among bin edges of 0 and 15 Angstrom, joined with 1 Angstrom, looked up in a table in nm.
#
# Expected: units are converted, as in comparisons and sums (1 nm > 5 Angstrom is True), or an error, as from numpy.maximum ("quantities must have identical units"). pint 0.25.3 does one or the other.
# Seen:     numpy.histogram counts 1 nm and 2 nm both between 0 and 15 Angstrom; numpy.concatenate of [1] nm and [1] Angstrom is [1, 1] dimensionless; numpy.interp of 5 Angstrom in a table from 0 to
#           1 nm is its last value; numpy.dot of lengths is a bare 5. Nothing is said.
# Why it matters: one joins trajectories of two programs (nm and Angstrom) and makes histograms of them: exactly what a library of units is there to catch. Rescale by hand, and pass .magnitude, so
#           that one sees what is done.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 quantities==0.16.4 pint==0.25.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import pint
import quantities

unit = pint.UnitRegistry()
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    seen = {}
    for name, of in (("quantities", quantities.Quantity), ("pint", unit.Quantity)):
        def outcome(function):
            try:
                return function()
            except (TypeError, ValueError, pint.DimensionalityError) as error:
                return type(error).__name__

        seen[name] = [
            outcome(lambda: of(1.0, "nm") > of(5.0, "angstrom")),
            outcome(lambda: np.histogram(of([1.0, 2.0], "nm"), bins=of([0.0, 15.0], "angstrom"))[0]),
            outcome(lambda: np.concatenate([of([1.0], "nm"), of([1.0], "angstrom")])),
            outcome(lambda: np.interp(of(5.0, "angstrom"), of([0.0, 1.0], "nm"), [0.0, 1.0])),
            outcome(lambda: np.dot(of([1.0, 2.0], "nm"), of([1.0, 2.0], "nm"))),
        ]
print("1 nm > 5 Angstrom; histogram of 1, 2 nm from 0 to 15 Angstrom; 1 nm joined with 1 Angstrom; 5 Angstrom in a table from 0 to 1 nm; a dot product")
for name, module in (("quantities", quantities), ("pint", pint)):
    print(f"{name} {module.__version__}: " + "; ".join(str(value) for value in seen[name]))
greater, counts, joined, looked_up, product = seen["quantities"]
same = greater and counts.tolist() == [2] and np.array_equal(joined.magnitude, [1, 1]) and joined.dimensionality.string == "dimensionless"
same = same and float(looked_up) == 1.0 and not hasattr(product, "units") and float(product) == 5.0
greater, counts, joined, looked_up, product = seen["pint"]
right = bool(greater) and isinstance(counts, str) and np.allclose(joined.to("nm").magnitude, [1, 0.1]) and np.isclose(float(looked_up), 0.5) and str(product.units) == "nanometer ** 2"
sys.exit(0 if same and right and not said else 1)
PYTHON
