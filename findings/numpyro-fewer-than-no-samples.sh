#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# NumPyro 0.22.0, numpyro.diagnostics.effective_sample_size of chains that alternate (autoregressive, factor -0.9; four chains of 1000 draws).
#
# Expected: a large number, 76000 in theory, or a cap on what can be claimed from 4000 draws: Stan, whose manual the documentation cites, and blackjax 1.7.1 cap it at N log10(N), which is 14408.
# Seen:     negative numbers in six of eight runs (-18445 to -131651), 172848 and 344661 in the others. The sum of correlations, which is cut where pairs of them cease to be positive, comes out near 0 and below it by its
#           noise, and the number of draws is divided by it. print_summary shows the same in its column n_eff.
# Why it matters: a Hamiltonian step of about half a period turns x to -x, which is what a well tuned sampler does; the best parameters are the ones that look the worst. "All effective sizes above 400" fails there, the
#           error of the mean, with the root of the number, is NaN. Cap it: a number below 0 stands for more than 4000.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2 numpyro==0.22.0 blackjax==1.7.1
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import jax

jax.config.update("jax_enable_x64", True)
import blackjax
import numpy as np
import numpyro
from numpyro.diagnostics import effective_sample_size

chains, length, factor = 4, 1000, -0.9


def draws(seed):
    noise = np.random.default_rng(seed).normal(size=(chains, length))
    x = np.zeros((chains, length))
    x[:, 0] = noise[:, 0] / np.sqrt(1 - factor**2)
    for row in range(1, length):
        x[:, row] = factor * x[:, row - 1] + noise[:, row]
    return x


ours = [draws(seed) for seed in range(8)]
sizes = np.array([float(effective_sample_size(x)) for x in ours])
capped = np.array([float(blackjax.diagnostics.effective_sample_size(x)) for x in ours])
print(f"theory {chains * length * (1 - factor) / (1 + factor):.0f}, NumPyro {numpyro.__version__}: {sizes.round()}")
print(f"blackjax {blackjax.__version__}: {capped.round()}, N log10(N) = {chains * length * np.log10(chains * length):.0f}")
sys.exit(0 if (sizes < 0).sum() >= 4 and np.all((capped > 4000) & (capped < 14500)) else 1)
PYTHON
