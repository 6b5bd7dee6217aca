# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Learned features in PyTorch: a network trained against the generator's own variational principle, handed over as a file.

    import kswgd.learning

    trained = kswgd.learning.train_network(X)
    trained.save("network.h5")
    model = kswgd.Generator(dictionary="gaussian+perceptron:network.h5").fit(X)

`Generator(dictionary="learned")` and `kswgd train` do the same on the library's own kernels, without PyTorch. This module is for GPUs, for losses and schedules of
your own (`leading_sum`), and for architectures that grow out of `Network`.
"""

import math

import numpy as np
import torch

from . import _arrays as arrays
from ._native import core

ACTIVATIONS = ("tanh", "softplus", "silu", "gelu", "sin")
REGULARISATION = 1e-7  # as in the library's fits: relative to the largest eigenvalue of the Gram matrix in units of a unit diagonal


class Network(torch.nn.Module):
    """Hidden layers W y + b, normalised over their units and residual from the second on if wanted, then one linear layer.

    forward(x, v): outputs at x (n x d) and, for directions v (r x n x d), their derivatives along them (r x n x outputs), which can be differentiated
    once more with respect to the parameters. Inputs are standardised by `mean` and `deviation` (d numbers each).
    """

    def __init__(self, inputs, outputs, width=64, layers=2, activation="silu", residual=True, normalised=True, mean=0.0, deviation=1.0):
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is {activation!r}; known are: {' '.join(ACTIVATIONS)}")
        sizes = [inputs] + [width] * layers + [outputs]
        self.linear = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.norm = torch.nn.ModuleList(torch.nn.LayerNorm(width) for _ in range(layers) if normalised)
        for layer in self.linear:
            torch.nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
            torch.nn.init.zeros_(layer.bias)
        self.activation, self.residual, self.normalised = activation, residual, normalised
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.get_default_dtype()) * torch.ones(inputs))
        self.register_buffer("deviation", torch.as_tensor(deviation, dtype=torch.get_default_dtype()) * torch.ones(inputs))

    def forward(self, x, v):
        y, dy = (x - self.mean) / self.deviation, v / self.deviation
        for l, layer in enumerate(self.linear):
            z, dz = layer(y), dy @ layer.weight.T
            if l + 1 == len(self.linear):
                return z, dz
            if self.normalised:
                norm = self.norm[l]
                centred = z - z.mean(-1, keepdim=True)
                spread = torch.sqrt((centred**2).mean(-1, keepdim=True) + norm.eps)
                h, turned = centred / spread, dz - dz.mean(-1, keepdim=True)
                dz = norm.weight * (turned - h * (h * turned).mean(-1, keepdim=True)) / spread
                z = norm.weight * h + norm.bias
            value, slope = _activate(self.activation, z)
            adds = self.residual and l > 0
            y, dy = value + y if adds else value, slope * dz + dy if adds else slope * dz
        raise AssertionError("a network has a last layer")

    def save(self, path):
        """Writes the network for `dictionary="perceptron:FILE"` and `"gaussian+perceptron:FILE"`, in the coordinates of x."""
        with torch.no_grad():
            weights = [layer.weight.detach().cpu().double() for layer in self.linear]
            biases = [layer.bias.detach().cpu().double() for layer in self.linear]
            mean, deviation = self.mean.cpu().double(), self.deviation.cpu().double()
            biases[0] = biases[0] - weights[0] @ (mean / deviation)
            weights[0] = weights[0] / deviation
            last = [[]]
            gains = [norm.weight.detach().cpu().double().tolist() for norm in self.norm] + last if self.normalised else []
            shifts = [norm.bias.detach().cpu().double().tolist() for norm in self.norm] + last if self.normalised else []
        residual = [bool(self.residual and 0 < l < len(weights) - 1) for l in range(len(weights))]
        core().write_network(str(path), self.activation, [w.tolist() for w in weights], [b.tolist() for b in biases], gains, shifts, residual)


class TrainedNetwork:
    """What train_network returns.

    network       the Network of the step with the smallest held-out sum
    looks         (step, in-sample sum, held-out sum) of each look, the untrained network's first
    best          which of them
    linear        the held-out sum of {1, x_i} alone; nan where these have fewer modes
    """

    def __init__(self, network, looks, best, linear):
        self.network, self.looks, self.best, self.linear = network, looks, best, linear

    @property
    def held_out(self):
        """The sum of the leading eigenvalues on rows that no step saw, in 1 / length^2."""
        return self.looks[self.best][2]

    def save(self, path):
        self.network.save(path)


def features(network, x, v):
    """{1, x_i, outputs} at x (n x d) as n x q, and their derivatives along v (r x n x d) as r x n x q."""
    values, slopes = network(x, v)
    one = torch.ones_like(x[:, :1])
    return torch.cat([one, x - network.mean, values], -1), torch.cat([torch.zeros_like(v[..., :1]), v, slopes], -1)


def forms(psi, slopes, weights=None):
    """G = E[psi psi^T] and D = E[sum over the directions of dpsi dpsi^T] in double; weights (n) add up to 1."""
    psi, slopes = psi.double(), slopes.double()
    w = torch.full_like(psi[:, 0], 1 / len(psi)) if weights is None else weights
    return (psi * w[:, None]).T @ psi, torch.einsum("rna,n,rnb->ab", slopes, w, slopes)


def eigenvectors(gram, dirichlet, modes):
    """V (q x (1 + modes), the constant first) with V^T G V = 1 of D v = lambda G v, as the library solves it: by the largest of G against D + rho w I."""
    gram, dirichlet = gram.detach().cpu(), dirichlet.detach().cpu()
    size = 1 / torch.sqrt(torch.clamp(torch.diagonal(gram), min=1e-300))
    g, d = gram * size[:, None] * size, dirichlet * size[:, None] * size
    g = (g + g.T) / 2
    root = torch.linalg.cholesky((d + d.T) / 2 + REGULARISATION * torch.linalg.eigvalsh(g)[-1] * torch.eye(len(g), dtype=g.dtype))
    half = torch.linalg.solve_triangular(root, g, upper=False)
    values, vectors = torch.linalg.eigh(torch.linalg.solve_triangular(root, half.T, upper=False))
    vectors = torch.linalg.solve_triangular(root.T, vectors.flip(1)[:, : 1 + modes], upper=True)
    return size[:, None] * vectors / torch.sqrt(values.flip(0)[: 1 + modes])


def leading_sum(gram, dirichlet, modes):
    """The sum of the leading eigenvalues beside the constant, with their derivatives (V held: a sum of Ritz values is stationary in V)."""
    v = eigenvectors(gram, dirichlet, modes).to(gram.device)
    values = torch.diagonal(v.T @ dirichlet.detach() @ v)
    loss = torch.trace(v.T @ dirichlet @ v) - torch.trace((v * values).T @ gram @ v)
    return values[1:].sum() + loss - loss.detach()


def held_out_sum(seen, unseen, modes):
    """tr((V^T D V)(V^T G V)^-1) on `unseen` = (G, D), V the eigenvectors on `seen`."""
    v = eigenvectors(*seen, modes)
    gram, dirichlet = (v.T @ form.detach().cpu() @ v for form in unseen)
    return float(torch.trace(torch.linalg.solve(gram, dirichlet)))


def train_network(
    X,
    sample_weight=None,
    *,
    modes=10,
    outputs=32,
    width=64,
    layers=2,
    activation="silu",
    residual=True,
    normalised=True,
    steps=2000,
    batch=1024,
    directions=4,
    rate=1e-3,
    decay=1e-2,
    check_every=50,
    patience=8,
    validation=0.2,
    ordered=False,
    random_state=0,
    device="cpu",
    verbose=False,
):
    """Lowers the sum of the leading eigenvalues in the span of {1, x_i, outputs} over a network, and keeps the step with the smallest sum on rows that no step saw.

    X: n x d in Euclidean space, or a list of trajectories (then `ordered`). sample_weight: n, not negative. Options are those of `kswgd train`. ordered: rows follow one another in time, and validation rows are ten stretches
    of them. device: where batches are computed; eigenproblems of a few dozen features stay on the host. random_state as everywhere; PyTorch's own generator is left as
    it was. ValueError for what cannot be used.
    """
    parts, trajectories = arrays.parts(X)
    arrays.finite(parts)
    ordered = ordered or trajectories
    rows = np.concatenate(parts).astype(float)
    n, d = rows.shape
    if n < 20:
        raise ValueError(f"X must hold 20 rows at least, got {n}")
    weights = arrays.column(sample_weight, "sample_weight", n, lengths=[len(part) for part in parts] if trajectories else ())
    weights = np.ones(n) if weights is None else weights
    if (weights < 0).any() or weights.sum() <= 0:
        raise ValueError("sample_weight must not be negative, and not 0 throughout")
    if not 1 <= modes <= outputs + d:
        raise ValueError(f"modes must be from 1 to {outputs + d}, got {modes}")
    if not 0 < validation <= 0.9:
        raise ValueError(f"validation must lie above 0, at most .9, got {validation}")
    seed = arrays.seed(random_state)
    devices = [torch.device(device)] if torch.device(device).type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        return _train(
            rows, weights, modes, outputs, width, layers, activation, residual, normalised, steps, batch, directions, rate, decay, check_every, patience, validation,
            ordered, np.random.default_rng(seed), device, verbose,
        )  # fmt: skip


def _train(
    rows, weights, modes, outputs, width, layers, activation, residual, normalised, steps, batch, directions, rate, decay, check_every, patience, validation,
    ordered, random, device, verbose,
):  # fmt: skip
    n, d = rows.shape
    aside = _validation_rows(random, n, validation, ordered)
    x = torch.as_tensor(rows, dtype=torch.get_default_dtype(), device=device)
    training = np.flatnonzero(~aside & (weights > 0))
    share = weights[training] / weights[training].sum()
    mean = share @ rows[training]
    deviation = np.sqrt(share @ (rows[training] - mean) ** 2)
    deviation = np.where(deviation > 0, deviation, np.inf)
    network = Network(d, outputs, width, layers, activation, residual, normalised, mean, deviation).to(device)
    decays = [p for name, p in network.named_parameters() if name.startswith("linear") and name.endswith("weight")]
    others = [p for name, p in network.named_parameters() if not (name.startswith("linear") and name.endswith("weight"))]
    optimiser = torch.optim.AdamW([{"params": decays, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}], lr=rate)
    seen = _thinned(training, 8192, random)
    unseen = _thinned(np.flatnonzero(aside & (weights > 0)), 16384, random)
    looks, best, kept, linear = [], 0, None, math.nan
    for step in range(steps + 1):
        if step % check_every == 0 or step == steps:
            of_seen, of_unseen = (_all_forms(network, x[torch.as_tensor(some)], weights[some]) for some in (seen, unseen))
            if step == 0 and modes <= d:
                linear = held_out_sum(*([form[: 1 + d, : 1 + d] for form in both] for both in (of_seen, of_unseen)), modes)
            v = eigenvectors(*of_seen, modes)
            looks.append((step, float(torch.trace(v.T @ of_seen[1].cpu() @ v)), held_out_sum(of_seen, of_unseen, modes)))
            if kept is None or looks[-1][2] < looks[best][2]:
                best, kept = len(looks) - 1, {name: value.clone() for name, value in network.state_dict().items()}
            if verbose:
                print(f"step {step}: in sample {looks[-1][1]:.5g}, held out {looks[-1][2]:.5g}", flush=True)
            if step == steps or len(looks) - 1 - best >= patience:
                break
        for group in optimiser.param_groups:
            group["lr"] = rate * (1 + math.cos(math.pi * step / steps)) / 2 * min(1.0, (step + 1) / 20)
        drawn = x[torch.as_tensor(random.choice(training, batch, p=share))]
        if directions >= d:
            v = torch.eye(d, dtype=x.dtype, device=device)[:, None, :].expand(d, batch, d)
        else:
            v = torch.randn(directions, batch, d, dtype=x.dtype, device=device)
            v = v / v.norm(dim=-1, keepdim=True) * math.sqrt(d / directions)
        optimiser.zero_grad()
        torch.log(leading_sum(*forms(*features(network, drawn, v)), modes)).backward()
        optimiser.step()
    network.load_state_dict(kept)
    return TrainedNetwork(network, looks, best, linear)


def _activate(name, z):
    """Value and slope."""
    if name == "tanh":
        value = torch.tanh(z)
        return value, 1 - value * value
    if name == "sin":
        return torch.sin(z), torch.cos(z)
    if name == "gelu":
        below = (1 + torch.erf(z / math.sqrt(2))) / 2
        return z * below, below + z * torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    sigmoid = torch.sigmoid(z)
    if name == "softplus":
        return torch.nn.functional.softplus(z, threshold=60), sigmoid
    return z * sigmoid, sigmoid * (1 + z * (1 - sigmoid))


def _validation_rows(random, n, validation, ordered):
    aside = np.zeros(n, dtype=bool)
    count = max(10, round(validation * n))
    if not ordered:
        aside[random.permutation(n)[:count]] = True
        return aside
    for s in range(10):
        low, high, length = s * n // 10, (s + 1) * n // 10, (s + 1) * count // 10 - s * count // 10
        first = random.integers(low, high - length + 1)
        aside[first : first + length] = True
    return aside


def _thinned(rows, count, random):
    return rows if len(rows) <= count else np.sort(random.choice(rows, count, replace=False))


def _all_forms(network, x, weights):
    """G and D over rows, along each coordinate."""
    weights = torch.as_tensor(weights / weights.sum(), dtype=torch.float64, device=x.device)
    d = x.shape[1]
    step = max(32, (1 << 21) // ((1 + d) * max(layer.out_features for layer in network.linear)))
    gram = dirichlet = 0
    with torch.no_grad():
        for first in range(0, len(x), step):
            part = x[first : first + step]
            v = torch.eye(d, dtype=x.dtype, device=x.device)[:, None, :].expand(d, len(part), d)
            g, k = forms(*features(network, part, v), weights[first : first + step])
            gram, dirichlet = gram + g, dirichlet + k
    return gram, dirichlet
