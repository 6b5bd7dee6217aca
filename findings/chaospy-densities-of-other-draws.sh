#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# chaospy 4.3.21, Burr(2, 1.5) and Logistic(skew=2.5): pdf, beside the derivative of cdf, and beside draws.
#
# Expected: one distribution: the density integrates to 1, and is the derivative of cdf to the digits of a difference quotient, as for other distributions of chaospy.
# Seen:     cdf and draws belong together, pdf does not: where 96 % of the draws lie the density of Burr integrates to 100, that of Logistic with skew to 0.38. skew=1 is right. Nothing is said, and J, quadratures and
#           sample work.
# Why it matters: likelihoods, weights of importance sampling (pdf of one over pdf of the other) and expansions by density take pdf, draws take cdf. Weights are off by a function of x, which normalising does not take
#           away, and parameters that are fitted by it are those of nothing. Integrate pdf once for each distribution that is used.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.1.3 scipy==1.14.1 setuptools==80.9.0 chaospy==4.3.21
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import importlib.metadata
import sys

import chaospy
import numpy as np

found = {}
for name, law in {
    "Burr(2, 1.5)": chaospy.Burr(2.0, 1.5),
    "Logistic(skew=2.5)": chaospy.Logistic(skew=2.5),
    "Logistic()": chaospy.Logistic(),
    "Weibull(2)": chaospy.Weibull(2.0),
    "Fisk(3)": chaospy.Fisk(3.0),
}.items():
    draws = law.sample(20000, rule="random", seed=1)
    low, high = np.quantile(draws, [0.02, 0.98])
    grid = np.linspace(low, high, 20001)
    share = np.trapezoid(law.pdf(grid), grid)
    agree = abs(law.cdf(np.quantile(draws, [0.2, 0.5, 0.8])) - [0.2, 0.5, 0.8]).max()
    found[name] = share, agree
    print(
        f"chaospy {importlib.metadata.version('chaospy')} {name}: between the 2nd and 98th percentile of the draws pdf integrates to {share:.3f}, "
        f"cdf grows by {float(law.cdf(high) - law.cdf(low)):.3f}; draws and cdf agree to {agree:.3f}"
    )
wrong = abs(found["Burr(2, 1.5)"][0] - 0.96) > 0.3 and abs(found["Logistic(skew=2.5)"][0] - 0.96) > 0.2
right = all(abs(found[name][0] - 0.96) < 0.01 for name in ("Logistic()", "Weibull(2)", "Fisk(3)")) and all(agree < 0.02 for _, agree in found.values())
sys.exit(0 if wrong and right else 1)
PYTHON
