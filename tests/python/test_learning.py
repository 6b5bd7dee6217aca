# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks trained in PyTorch, and those that the library trains."""
import numpy as np
import pytest

import kswgd

EXACT = 0.74868 + 0.74868 + 1.49736


def well(n, seed):
    return kswgd.datasets.exact("quadruple-well", n, random_state=seed)


def test_learned_dictionary_reads_the_spectrum():
    model = kswgd.Generator(dictionary="learned", features=50, modes=4).fit(well(1000, 1))
    assert abs(model.eigenvalues_[1] / 0.74868 - 1) < 0.2
    with pytest.raises(ValueError, match="leave out coordinates"):
        kswgd.Generator(dictionary="learned", coordinates="normal").fit(well(100, 1))


@pytest.mark.parametrize("activation", ["tanh", "softplus", "silu", "gelu", "sin"])
def test_derivatives_are_those_of_differences(activation):
    torch = pytest.importorskip("torch")
    learning = kswgd.learning
    torch.manual_seed(1)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        network = learning.Network(2, 3, 5, 2, activation, mean=[0.3, -1.0], deviation=[2.0, 0.5])
        x, v, h = torch.randn(30, 2), torch.randn(2, 30, 2), 1e-6
        _, slopes = network(x, v)
        for j in range(2):
            up, down = network(x + h * v[j], v)[0], network(x - h * v[j], v)[0]
            assert torch.allclose(slopes[j], (up - down) / (2 * h), atol=1e-7)
        weight = network.linear[1].weight

        def loss():
            return learning.leading_sum(*learning.forms(*learning.features(network, x, v)), 3)

        loss().backward()
        with torch.no_grad():
            weight[0, 1] += h
            up = float(loss())
            weight[0, 1] -= 2 * h
            down = float(loss())
        assert abs(float(weight.grad[0, 1]) - (up - down) / (2 * h)) < 1e-3 * float(weight.grad.abs().max())
    finally:
        torch.set_default_dtype(default)


def test_a_network_of_torch_stands_beside_the_gaussians(tmp_path):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    X = well(2000, 1)
    trained = kswgd.learning.train_network(X, modes=3, outputs=8, width=24, steps=150, batch=400, rate=1e-2, random_state=1)
    assert abs(trained.held_out / EXACT - 1) < 0.3
    path = tmp_path / "network.h5"
    trained.save(path)
    alone = kswgd.Generator(dictionary=f"perceptron:{path}", modes=3).fit(well(5000, 2))
    assert abs(alone.fitted_eigenvalues_[1:4].sum() / EXACT - 1) < 0.15
    joined = kswgd.Generator(dictionary=f"gaussian+perceptron:{path}", features=50, modes=3).fit(X)
    plain = kswgd.Generator(features=50, modes=3).fit(X)
    # More features never raise the in-sample eigenvalues.
    assert (joined.fitted_eigenvalues_[1:4] <= plain.fitted_eigenvalues_[1:4] * (1 + 1e-6)).all()


def test_seeds_of_every_kind_and_nobody_else_s_generator():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    X = well(100, 1)

    def trained(seed):
        return kswgd.learning.train_network(X, modes=2, outputs=4, width=6, steps=3, batch=50, random_state=seed).looks

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = trained(3)
    assert torch.equal(torch.rand(3), expected)
    assert trained(np.int64(3)) == one and trained(None) == trained(0)
    assert trained(np.random.default_rng(1)) == trained(np.random.default_rng(1)) != one
    with pytest.raises(ValueError, match="random_state must be"):
        trained(-1)


def test_what_cannot_be_is_refused():
    pytest.importorskip("torch")
    for options, sentence in (({"modes": 40}, "modes must be from 1 to"), ({"validation": 1.0}, "validation must lie"), ({"activation": "relu"}, "known are")):
        with pytest.raises(ValueError, match=sentence):
            kswgd.learning.train_network(well(100, 1), **{"steps": 2, **options})
    with pytest.raises(ValueError, match="contains NaN"):
        kswgd.learning.train_network(np.full((30, 2), np.nan))
    with pytest.raises(ValueError, match="sample_weight"):
        kswgd.learning.train_network(well(100, 1), sample_weight=np.full(100, -1.0))
