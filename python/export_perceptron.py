# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a multilayer perceptron that kswgd reads as a dictionary: y = W_l activation(... W_0 x + b_0 ...) + b_l.

From PyTorch: export("net.h5", "tanh", [(m.weight.detach().numpy(), m.bias.detach().numpy())
                                        for m in model if isinstance(m, torch.nn.Linear)])
"""
import h5py
import numpy as np


def export(path, activation, layers):
    """activation: tanh, softplus, silu or gelu; layers: (weights, outputs x inputs; biases, outputs), first layer first."""
    with h5py.File(path, "w") as file:
        file.attrs["activation"] = activation
        for l, (weights, biases) in enumerate(layers):
            file[f"W{l}"], file[f"b{l}"] = np.asarray(weights), np.asarray(biases)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    export("perceptron.h5", "tanh", [(rng.normal(size=(16, 2)), rng.normal(size=16)), (rng.normal(size=(8, 16)) / 4, np.zeros(8))])
