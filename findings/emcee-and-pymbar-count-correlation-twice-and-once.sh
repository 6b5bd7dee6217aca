#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# emcee 3.1.6 and pymbar 4.0.3, the integrated autocorrelation time of one series (autoregressive, factor 0.9).
#
# Expected: the same number up to noise; both documentations speak of the integrated autocorrelation time of a series of samples.
# Seen:     emcee gives 1 + 2 sum of correlations, which is 19 here, pymbar the sum alone, 9: half of emcee's less one half. What pymbar calls the statistical inefficiency is what emcee
#           calls the autocorrelation time.
# Why it matters: "thin by the autocorrelation time", "one sample is one in tau", an effective number n / tau or n / (2 tau): a rule taken from one package's papers with the number of the other is off by a factor of
#           two, and error bars by 1.4; where correlations are short, by more (white noise has 1 in emcee, 0 in pymbar). State 1 + 2 sum.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 emcee==3.1.6 pymbar==4.0.3
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version

import emcee
import numpy as np
from pymbar import timeseries
from scipy.signal import lfilter

noise = np.random.default_rng(0).normal(size=50_000)
seen = {}
for factor in (0.9, 0.0):
    series = lfilter([1.0], [1.0, -factor], noise)
    seen[factor] = [float(emcee.autocorr.integrated_time(series)[0]), float(timeseries.integrated_autocorrelation_time(series)), float(timeseries.statistical_inefficiency(series))]
    print(f"factor {factor}: 1 + 2 sum is {(1 + factor) / (1 - factor):.1f}; emcee {version('emcee')} time {seen[factor][0]:.1f}; "
          f"pymbar {version('pymbar')} time {seen[factor][1]:.1f}, inefficiency {seen[factor][2]:.1f}")
long, none = seen[0.9], seen[0.0]
same = abs(long[0] / 19 - 1) < 0.15 and abs(long[1] / 9 - 1) < 0.3 and np.isclose(2 * long[1] + 1, long[2])
sys.exit(0 if same and abs(none[0] - 1) < 0.1 and abs(none[1]) < 0.1 else 1)
PYTHON
