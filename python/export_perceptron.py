# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a network that kswgd reads as a dictionary (docs/files.md, Networks).

From PyTorch: export("net.h5", "tanh", [(m.weight.detach().numpy(), m.bias.detach().numpy())
                                        for m in model if isinstance(m, torch.nn.Linear)])
"""
import h5py
import numpy as np


def export(path, activation, layers, norms=None, residual=()):
    """activation: tanh, softplus, silu, gelu or sin; layers: (weights, outputs x inputs; biases, outputs), first layer first; norms: of each layer (gains,
    shifts) of a torch.nn.LayerNorm between the product and the activation, or None; residual: numbers of the layers that add their inputs to what they give."""
    with h5py.File(path, "w") as file:
        file.attrs["activation"] = activation
        for l, (weights, biases) in enumerate(layers):
            file[f"W{l}"], file[f"b{l}"] = np.asarray(weights), np.asarray(biases)
            if norms is not None and norms[l] is not None:
                file[f"gain{l}"], file[f"shift{l}"] = (np.asarray(values) for values in norms[l])
        if len(residual) > 0:
            file["residual"] = np.asarray(residual, dtype=np.int64)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    export("perceptron.h5", "tanh", [(rng.normal(size=(16, 2)), rng.normal(size=16)), (rng.normal(size=(8, 16)) / 4, np.zeros(8))])
