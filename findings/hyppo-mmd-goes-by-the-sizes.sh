#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# hyppo 0.5.2, ksample.MMD().statistic of draws from the same two normal distributions, of 200 and 200, and of 50 and 1950.
#
# Expected: about the same number, that of the formula in the documentation (the unbiased squared MMD), up to noise; sizes change its noise, not its mean. "Up to a scaling factor", it says there: one number.
# Seen:     0.14 of the formula for 200 and 200, 0.0002 of it for 50 and 1950. Of samples that have nothing in common, where the squared MMD is 1.6, it is 0.12 and 0.0003. The number is a correlation with the labels (HSIC)
#           times a factor of the sizes, which is 1/8 where they are equal and goes to 0 as they part.
# Why it matters: a generator is compared on many of its samples with few of the data, and models on different numbers of them. By this statistic a thousand draws of the wrong distribution beat a hundred of a better one. The p
#           value is not touched by it. Calculate the sums, or use the same sizes throughout.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 hyppo==0.5.2
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import hyppo
import numpy as np
from hyppo.ksample import MMD
from sklearn.metrics.pairwise import rbf_kernel

gamma = 0.125
rng = np.random.default_rng(0)


def squared(x, y):
    n, m = len(x), len(y)
    return (rbf_kernel(x, x, gamma).sum() - n) / (n * (n - 1)) + (rbf_kernel(y, y, gamma).sum() - m) / (m * (m - 1)) - 2 * rbf_kernel(x, y, gamma).mean()


def means(n, m, shift):
    pairs = [(rng.normal(size=(n, 1)), shift + rng.normal(size=(m, 1))) for _ in range(5)]
    return np.mean([MMD(compute_kernel="rbf", gamma=gamma).statistic(x, y) for x, y in pairs]), np.mean([squared(x, y) for x, y in pairs])


ratio = {}
for n, m in ((200, 200), (50, 1950)):
    for shift in (2, 20):
        statistic, direct = means(n, m, shift)
        ratio[n, shift] = statistic / direct
        print(f"hyppo {hyppo.__version__}, {n} and {m}, means {shift} apart: {statistic:.6f}, by the formula {direct:.3f}, ratio {ratio[n, shift]:.5f}")
sys.exit(0 if 0.05 < ratio[200, 2] < 0.3 and 0.05 < ratio[200, 20] < 0.15 and all(ratio[50, shift] < ratio[200, shift] / 100 for shift in (2, 20)) else 1)
PYTHON
