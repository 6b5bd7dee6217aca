# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
Features from PyTorch
=====================

A small network is trained against the generator's loss and handed over as a dictionary.
"""

import pathlib
import tempfile

import h5py
import numpy as np
import torch

import kswgd

# %%
# The loss: minus the leading eigenvalues' Ritz sum of the span of the network's outputs, E|grad f|^2 in a basis that is orthonormal under the law.
torch.manual_seed(0)
torch.set_num_threads(1)
X = torch.from_numpy(kswgd.datasets.exact("quadruple-well", 2000, random_state=1)).float()
network = torch.nn.Sequential(torch.nn.Linear(2, 24), torch.nn.Tanh(), torch.nn.Linear(24, 6))
optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
for step in range(150):
    points = X[torch.randint(len(X), (500,))].requires_grad_()
    values = network(points)
    values = values - values.mean(0)
    slopes = torch.stack([torch.autograd.grad(values[:, k].sum(), points, create_graph=True)[0] for k in range(6)], 1)
    gram = values.T @ values / len(points) + 1e-3 * torch.eye(6)
    dirichlet = torch.einsum("nid,njd->ij", slopes, slopes) / len(points)
    loss = torch.trace(torch.linalg.solve(gram, dirichlet))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()

# %%
# The network as a file that the library reads, and the generator in its span.
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "network.h5"
    with h5py.File(path, "w") as file:
        file.attrs["activation"] = "tanh"
        for k, layer in enumerate((network[0], network[2])):
            file[f"W{k}"], file[f"b{k}"] = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    model = kswgd.Generator(dictionary=f"perceptron:{path}", modes=5).fit(X)
print(np.round(model.eigenvalues_[:4], 3), "exact: 0, .749, .749, 1.497")
assert np.all(np.abs(model.eigenvalues_[1:3] - 0.749) < 0.2)
