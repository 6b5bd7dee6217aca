#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# scikit-learn 1.9.1, GaussianMixture.sample of a model that was fitted with random_state=0.
#
# Expected: independent draws, in the order of drawing, and other ones in the next call; as from numpy.random.Generator, which is made once and goes on.
# Seen:     rows are sorted by component: all of the first, then all of the second. The next call gives the same numbers to the last bit; random_state seeds each call anew. Neither is
#           said in the documentation of sample.
# Why it matters: the first hundred of a thousand samples lie in one mode. Split-half errors, cross-validation without shuffling, minibatches and plots of the first rows are of one mode
#           against the other; and two "independent" sets compared with each other give a distance of exactly 0. Shuffle, and pass a RandomState instance.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.mixture import GaussianMixture

random = np.random.default_rng(0)
data = np.concatenate([random.normal(-5, 1, (500, 1)), random.normal(5, 1, (500, 1))])
mixture = GaussianMixture(2, random_state=0).fit(data)
first, second = mixture.sample(1000)[0].ravel(), mixture.sample(1000)[0].ravel()
changes = int(np.sum(np.diff(np.sign(first)) != 0))
print(f"scikit-learn {sklearn.__version__}, 1000 samples of two equal modes at -5 and 5: {changes} change of sides from row to row")
print(f"means of the first and the second half: {first[:500].mean():.2f}, {first[500:].mean():.2f}; second call the same: {np.array_equal(first, second)}")
sys.exit(0 if changes == 1 and np.array_equal(first, second) else 1)
PYTHON
