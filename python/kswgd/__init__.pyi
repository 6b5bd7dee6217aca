# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
from . import datasets as datasets, kinetics as kinetics, learning as learning, metrics as metrics, plot as plot
from .estimators import DiffusionMap as DiffusionMap, DoubtfulSamples as DoubtfulSamples, Edmd as Edmd
from .estimators import FlowReport as FlowReport, Generator as Generator, load as load
from .kinetics import chapman_kolmogorov as chapman_kolmogorov, committor as committor, koopman as koopman, rates as rates, states as states
from .kinetics import reweight as reweight, timescales as timescales, vamp as vamp
from .metrics import score as score

class InvalidInput(ValueError): ...
class Failure(RuntimeError): ...

__version__: str
