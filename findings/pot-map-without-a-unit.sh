#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# POT 0.9.7, ot.gaussian.empirical_bures_wasserstein_mapping (the optimal map between Gaussians) from samples to samples that are spread three times as far, and in other units.
#
# Expected: the factor of the map is 3 whatever the unit: both sets are multiplied by one number, which drops out.
# Seen:     3.1 for spreads of 1, 2.3 for spreads of 0.001, 1.0 for 1e-5: 1e-6 is added to the variances (reg), in the square of the data's unit, whatever they are. Mapped samples have 3/4, and then 1/3, of the
#           spread that they should have. No warning; the distance (empirical_bures_wasserstein_distance) loses what is in the covariances.
# Why it matters: a baseline for generated samples and for domain adaptation, with a closed form and nothing to tune, that looks worse than it is on data in m, in nm where fluctuations are small, and in atomic
#           charges. Scale both sets by one number, or pass reg=0.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 POT==0.9.7.post1
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import numpy as np
import ot

rng = np.random.default_rng(0)
source, target = rng.normal(size=(500, 2)), 3 * rng.normal(size=(500, 2))
ratio = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for unit in (1.0, 1e-3, 1e-5):
        for reg in (None, 0.0):
            options = {} if reg is None else {"reg": reg}
            factor, shift = ot.gaussian.empirical_bures_wasserstein_mapping(unit * source, unit * target, **options)
            mapped = unit * source @ factor + shift
            ratio[unit, reg] = np.mean(mapped.std(axis=0) / (unit * target).std(axis=0))
            print(f"POT {ot.__version__}, spreads of {unit}, reg {'as it comes' if reg is None else reg}: factor {np.diag(factor).round(2)}, spread of mapped samples {ratio[unit, reg]:.3f} of the target's")
same = abs(ratio[1.0, None] - 1) < 1e-3 and ratio[1e-3, None] < 0.85 and ratio[1e-5, None] < 0.4
sys.exit(0 if same and all(abs(ratio[unit, 0.0] - 1) < 1e-3 for unit in (1.0, 1e-3, 1e-5)) and not said else 1)
PYTHON
