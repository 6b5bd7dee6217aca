# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From trajectories or samples of an unknown law to new samples of it: Koopman Spectral Wasserstein Gradient Descent.

    import kswgd

    model = kswgd.Generator().fit(X)        # X: n x d, a point in each row
    new = model.sample(2000)                # 2000 x d
    model.eigenvalues_, model.timescales_   # of the generator, with model.eigenvalue_errors_
    kswgd.plot.spectrum(model)

Estimators are those of scikit-learn's manners: Generator (samples alone), Edmd (trajectories, at a lag), DiffusionMap (samples, no
dictionary). Modules: kinetics, metrics, datasets, plot, learning (PyTorch). `python -m kswgd` is the program, and model files are the program's. Nothing heavy is loaded
before it is used.
"""

import importlib

__version__ = "0.1.0"

_MODULES = ("datasets", "kinetics", "learning", "metrics", "plot")
_PLACES = {
    "Generator": "estimators",
    "Edmd": "estimators",
    "DiffusionMap": "estimators",
    "load": "estimators",
    "FlowReport": "estimators",
    "DoubtfulSamples": "estimators",
    "InvalidInput": "_native",
    "Failure": "_native",
    "timescales": "kinetics",
    "chapman_kolmogorov": "kinetics",
    "koopman": "kinetics",
    "vamp": "kinetics",
    "reweight": "kinetics",
    "committor": "kinetics",
    "rates": "kinetics",
    "states": "kinetics",
    "score": "metrics",
}

__all__ = ["__version__", *_MODULES, *_PLACES]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    if name in _PLACES:
        value = getattr(importlib.import_module("." + _PLACES[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'kswgd' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
