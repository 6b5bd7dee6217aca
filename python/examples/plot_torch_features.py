# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
Features from PyTorch
=====================

A small network is trained against the generator's loss, the sum of the leading eigenvalues in the span of its outputs, and handed over as a dictionary: by itself,
and beside the Gaussians.
"""

import pathlib
import tempfile

import numpy as np
import torch

import kswgd

# %%
# Training keeps the step with the smallest sum on rows that no step saw: the loss of the training rows itself falls below the true sum in the end.
torch.set_num_threads(1)
exact = np.array([0.749, 0.749, 1.497])
X = kswgd.datasets.exact("quadruple-well", 2000, random_state=1)
trained = kswgd.learning.train_network(X, modes=3, outputs=8, width=24, steps=150, batch=400, rate=1e-2, random_state=1)
print(f"sum of three eigenvalues on unseen rows {trained.held_out:.3f}, exact {exact.sum():.3f}")

# %%
# The network as a file that the library and the program read, and the generator in its span, on points that were no part of the training.
fresh = kswgd.datasets.exact("quadruple-well", 4000, random_state=2)
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "network.h5"
    trained.save(path)
    alone = kswgd.Generator(dictionary=f"perceptron:{path}", modes=4).fit(fresh)
    beside = kswgd.Generator(dictionary=f"gaussian+perceptron:{path}", features=50, modes=4).fit(fresh)
for name, model in (("network alone", alone), ("beside 50 Gaussians", beside)):
    print(f"{name}: {np.round(model.fitted_eigenvalues_[1:4], 3)}, exact {exact}")
assert abs(alone.fitted_eigenvalues_[1:4].sum() / exact.sum() - 1) < 0.15
# More features never raise an eigenvalue of the fit.
assert np.all(beside.fitted_eigenvalues_[1:4] <= alone.fitted_eigenvalues_[1:4] * 1.05)

# %%
# An eigenfunction that the network has learned: it tells two pairs of wells from each other.
kswgd.plot.eigenfunction(beside, fresh, mode=1, names=["x", "y"])
