#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ArviZ 0.23.4, NumPyro 0.22.0 and blackjax 1.7.1, effective sample size and R-hat of a coordinate that never moved (four chains of 1000 draws, all 1.0), and of one that stays at another place in each chain.
#
# Expected: NaN or 0 from all, as from Stan: nothing was sampled; and R-hat of infinity where chains sit at different places.
# Seen:     4000 effective samples from ArviZ, the number of draws, as if they were independent, in summary(), too, beside an error of the mean of 0; NaN from NumPyro and 0 from blackjax. R-hat is NaN. In the other case
#           ArviZ has 4, NumPyro 2, blackjax 0, and R-hat is infinite in all.
# Why it matters: a stuck sampler, a proposal of width 0, or a column that is not read has the best score of the table: "all above 400" lets it pass, and "R-hat above 1.01" is false of NaN, so that
#           neither rule finds it. Look for a spread of 0 first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2 numpyro==0.22.0 blackjax==1.7.1 arviz==0.23.4
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import jax

jax.config.update("jax_enable_x64", True)
warnings.simplefilter("ignore")
import arviz
import blackjax
import numpy as np
import numpyro


def numbers(x):
    sizes = float(arviz.ess(x)), float(numpyro.diagnostics.effective_sample_size(x)), float(blackjax.diagnostics.effective_sample_size(x))
    return sizes, (float(arviz.rhat(x)), float(numpyro.diagnostics.split_gelman_rubin(x)), float(blackjax.diagnostics.potential_scale_reduction(x)))


still, apart = np.ones((4, 1000)), np.repeat(np.arange(4.0)[:, None], 1000, axis=1)
found = {name: numbers(x) for name, x in (("never moved", still), ("apart", apart))}
for name, (sizes, rhats) in found.items():
    print(f"{name}: ArviZ {arviz.__version__}, NumPyro {numpyro.__version__}, blackjax {blackjax.__version__}: effective {sizes}, R-hat {rhats}")
row = arviz.summary({"x": still}).loc["x"]
print(f"summary: ess_bulk {row.ess_bulk}, ess_tail {row.ess_tail}, mcse_mean {row.mcse_mean}, r_hat {row.r_hat}")
sizes, rhats = found["never moved"]
same = sizes[0] == 4000 and np.isnan(sizes[1]) and sizes[2] == 0 and np.isnan(rhats[0]) and row.ess_bulk == 4000
sys.exit(0 if same and found["apart"][0][0] < 5 and np.isinf(found["apart"][1][0]) else 1)
PYTHON
