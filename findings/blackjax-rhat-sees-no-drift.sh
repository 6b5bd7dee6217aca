#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# blackjax 1.7.1, ArviZ 0.23.4 and NumPyro 0.22.0, R-hat of four chains that all drift from -3 to 3, with noise of a tenth: nothing has converged.
#
# Expected: far above 1 from each, as in Stan, whose text blackjax cites beside that of Gelman and Rubin: there each chain is cut in two halves, so that a drift shows as halves that differ.
# Seen:     0.9995 from blackjax.diagnostics.potential_scale_reduction, a perfect score; 1.73 from ArviZ, 2.10 from NumPyro (split_gelman_rubin). It compares whole chains, whose means agree as they drift together.
# Why it matters: chains that are started from one place, or from one distribution far out, move together; that is the beginning of any run, and a slow coordinate all along. The check that is there to tell passes best just
#           then. Cut the chains in halves before it: x.reshape(2 * chains, -1).
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

rng = np.random.default_rng(0)
draws = np.linspace(-3, 3, 1000) + 0.1 * rng.normal(size=(4, 1000))
halves = draws.reshape(8, 500)
whole = float(blackjax.diagnostics.potential_scale_reduction(draws))
split = float(blackjax.diagnostics.potential_scale_reduction(halves))
others = float(arviz.rhat(draws)), float(numpyro.diagnostics.split_gelman_rubin(draws))
print(f"blackjax {blackjax.__version__}: {whole:.4f}, of halves {split:.3f}; ArviZ {arviz.__version__}: {others[0]:.3f}; NumPyro {numpyro.__version__}: {others[1]:.3f}")
sys.exit(0 if 0.99 < whole < 1.001 and min(split, *others) > 1.5 else 1)
PYTHON
