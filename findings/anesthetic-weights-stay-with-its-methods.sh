#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# anesthetic 2.16.0, weighted samples (weights that take a normal distribution three standard deviations away, and its square beside it), asked by their methods and by the functions of NumPy and SciPy.
#
# Expected: the same numbers, or an error, as numpy.mean and numpy.std give ("unexpected keyword argument"), as the samples carry their weights through selections, sorting and arithmetic.
# Seen:     s.a.median() is 2.31, numpy.median(s.a) -0.07; s.corr() has 0.98, numpy.corrcoef -0.11, s.cov() 1.95, numpy.cov -0.16. scipy.stats.gaussian_kde(s.a), which takes weights, is centred at -0.05. Nothing is said.
#           Also s.a.sum() / s.a.count() is no mean: the methods that are not statistics go without weights.
# Why it matters: the prior comes back in place of the posterior, in one line among many that are right, and it is a plausible number. That numpy.mean fails makes one believe that the others would, too. Pass
#           weights=s.get_weights(), or compress() to samples of equal weight first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.1.3 scipy==1.14.1 pandas==2.3.3 anesthetic==2.16.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import anesthetic
import numpy as np
from anesthetic import Samples
from scipy.stats import gaussian_kde

warnings.simplefilter("ignore")
x = np.random.default_rng(0).normal(size=1000)
weights = np.exp(3 * x - 4.5)
s = Samples(np.stack([x, x**2], axis=1), weights=weights, columns=["a", "b"])
mean = np.average(x, weights=weights)
methods = {"median": s.a.median(), "correlation": s.corr().iloc[0, 1], "covariance": s.cov().iloc[0, 1], "mean": s.a.mean()}
functions = {"median": np.median(s.a), "correlation": np.corrcoef(s.a, s.b)[0, 1], "covariance": np.cov(s.a, s.b)[0, 1], "mean": gaussian_kde(s.a).dataset.mean()}
refused = 0
for function in (np.mean, np.std):
    try:
        function(s.a)
    except TypeError:
        refused += 1
for name, value in methods.items():
    print(f"anesthetic {anesthetic.__version__}, {name}: {value:.3f} by the method, {functions[name]:.3f} by the function")
print(f"{refused} of numpy.mean and numpy.std are refused; weighted mean {mean:.3f}, with a selection {s.a[s.a > 0].mean():.3f}")
same = abs(methods["mean"] - mean) < 1e-9 and refused == 2 and methods["median"] > 2 and methods["correlation"] > 0.9
sys.exit(0 if same and abs(functions["median"] - np.median(x)) < 1e-9 and functions["correlation"] < 0 and abs(functions["mean"] - x.mean()) < 1e-9 else 1)
PYTHON
