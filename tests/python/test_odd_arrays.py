# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""240 odd arrays for every argument of every public function and method that takes numbers of theirs, and one of each kind for every other argument; functions and
arguments are found by looking. What is accepted gives bit for bit what its plain numbers give; all else is refused with a sentence; nothing crashes, and no array
changes."""

import copy
import dataclasses
import faulthandler
import functools
import inspect
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import kswgd
import odd

GOOD = np.random.default_rng(0).normal(size=(60, 3))
LONG = np.random.default_rng(2).normal(size=(110, 3))  # for koopman and vamp, whose folds need 20 pairs each
FEW = np.random.default_rng(1).normal(size=(25, 3))
ESTIMATORS = {"Generator": dict(modes=4), "Edmd": dict(modes=4), "DiffusionMap": dict(modes=3)}
#: Arguments that are n x d numbers, and those that are a number for each of so many rows.
TABLES = {"X", "samples", "reference", "training", "held_out", "points", "start", "data"}
COLUMNS = {
    "sample_weight": 60, "tilt": 60, "killing": 60, "observable": 60, "weights": 60, "values": 60, "samples_weight": 60, "reference_weight": 25,
}  # fmt: skip
#: What else a function needs, by the name of the argument.
BALLS = {"source": (np.full(3, -1.0), 1.0), "target": (np.full(3, 1.0), 1.0)}
NEEDED = {
    "X": GOOD, "samples": GOOD, "reference": FEW, "training": FEW, "held_out": FEW + 0.1, "data": GOOD, "observable": GOOD[:, 0], "values": GOOD[:, 0], "lag": 1,
    "times": [0.5], "stages": [GOOD[:20], GOOD[20:40]], "system": "ornstein-uhlenbeck", "d": 2, **BALLS,
}  # fmt: skip
#: Kept small, so that 240 of each are seconds.
CHEAP = {
    "bootstrap": 5, "folds": 2, "multiples": 2, "lags": [1, 2], "repeats": 2, "directions": 5, "blocks": 10, "frames": 5, "substeps": 2, "trajectories": 1, "modes": 3,
    "features": 30, "max_steps": 3, "polish": 0, "bins": 10, "columns": [0, 1], "n": 15,
}  # fmt: skip
#: Not asked: what writes a file or goes by its name, and what is no data of theirs.
LEFT_OUT = {
    "self", "y", "path", "ax", "axes", "deep", "params", "verbose", "return_report", "return_error", "return_notes", "gradients", "found", "report", "model", "result",
    "estimator", "input_features", "sets",
}  # fmt: skip

WITHOUT_DENSITY = {"DiffusionMap.log_density", "DiffusionMap.gradient_log_density"}
#: Errors that Python or the binding makes of its own, where a sentence of ours is missing.
NO_SENTENCES = (
    "incompatible function arguments", "incompatible constructor arguments", "not supported between", "unhashable", "object is not", "has no attribute", "has no len",
    "unpack", "unsupported operand", "unexpected keyword",
)  # fmt: skip


@dataclasses.dataclass
class Target:
    """A function with arguments that it answers to."""

    name: str
    call: object
    good: dict


def results(value):
    """The numbers of an answer, as arrays."""
    if isinstance(value, kswgd.estimators._Estimator):
        value = {name: getattr(value, name) for name in ("eigenvalues_", "eigenvalue_errors_", "effective_samples_")}
    elif dataclasses.is_dataclass(value):
        value = {name: part for name, part in vars(value).items() if name != "seconds"}
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [leaf for part in value for leaf in results(part)]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [leaf for part in value.ravel() for leaf in results(part)]
    if hasattr(value, "get_children"):  # Axes: what is drawn
        drawn = [np.ma.filled(part.get_offsets(), np.nan) for part in value.collections] + [np.ma.filled(part.get_array(), np.nan) for part in value.collections if part.get_array() is not None]
        return drawn + [line.get_xydata() for line in value.lines] + [np.array([patch.get_height()]) for patch in value.patches if hasattr(patch, "get_height")]
    return [np.asarray(value)]


def same(one, other):
    a, b = results(one), results(other)
    return len(a) == len(b) and all(p.shape == q.shape and p.dtype == q.dtype and p.tobytes() == q.tobytes() for p, q in zip(a, b))


def targets():
    """All that is public, in groups: methods of the estimators, and functions of the modules."""
    models = {name: getattr(kswgd, name)(**parameters).fit(GOOD) for name, parameters in ESTIMATORS.items()}
    killed = kswgd.Generator(modes=4).fit(GOOD, killing=GOOD[:, 0] ** 2)
    groups = {}
    for name, parameters in ESTIMATORS.items():
        kind = getattr(kswgd, name)
        group = groups[name] = []
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            if method.startswith("_") or method in ("get_params", "set_params", "save", "load", "get_feature_names_out"):
                continue
            fits = method in ("fit", "fit_transform", "partial_fit")

            def call(method=method, kind=kind, model=models[name], parameters=parameters, fits=fits, **arguments):
                return getattr(kind(**parameters) if fits else model, method)(**arguments)

            group.append(Target(f"{name}.{method}", call, arguments_of(function)))

        def fit(kind=kind, parameters=parameters, **arguments):
            return kind(**{**parameters, **arguments}).fit(GOOD)

        group.append(Target(name, fit, {p: v.default for p, v in inspect.signature(kind).parameters.items()} | parameters))
    for module in (kswgd.kinetics, kswgd.metrics, kswgd.datasets, kswgd.plot):
        short = module.__name__.split(".")[-1]
        group = groups[short] = []
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            good = arguments_of(function)
            if "model" in inspect.signature(function).parameters:
                good["model"] = killed if name == "survival" else models["Generator"]
            if name in ("koopman", "vamp"):
                good["X"] = LONG
            if "found" in inspect.signature(function).parameters:
                good["found"] = found_for(name, models["Generator"])
            if name in ("history", "bench", "spectrum"):
                continue  # takes no data
            group.append(Target(f"{short}.{name}", drawn_on_one_figure(function) if short == "plot" else function, good))
    return groups


def drawn_on_one_figure(function):
    """New ones cost more than all else."""
    import matplotlib.pyplot as plt

    single, corner = "ax" in inspect.signature(function).parameters, function.__name__ == "corner"
    fresh = []

    def draw(**arguments):
        shape = (1, 1) if single else (2, 2) if corner else (1, 2)
        figure = plt.figure(1)
        if not fresh or len(figure.axes) != shape[0] * shape[1] or any(ax.has_data() for ax in figure.axes):
            figure.clear()
            fresh[:] = [figure.subplots(*shape)]
        return results(function(**arguments, **{"ax" if single else "axes": fresh[0]}))

    return functools.wraps(function)(draw)


def found_for(name, model):
    if name == "timescales":
        return kswgd.timescales(GOOD, [1, 2], modes=2, bootstrap=5)
    if name == "chapman_kolmogorov":
        return kswgd.chapman_kolmogorov(GOOD, 1, multiples=2, modes=2, bootstrap=5)
    return kswgd.committor(model, GOOD, *BALLS.values())


def arguments_of(function):
    """Those that it needs, and those that keep it quick."""
    good = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in CHEAP:
            good[name] = CHEAP[name]
        elif name in NEEDED and parameter.default is inspect.Parameter.empty:
            good[name] = NEEDED[name]
        else:
            assert name in LEFT_OUT or parameter.default is not inspect.Parameter.empty, f"{function.__qualname__}: what is {name}?"
    if "inverse" in inspect.signature(function).parameters:
        good["inverse"] = "spectral"  # which modes are of
    return good


def throw(target, parameter, alone):
    """How many were answered and refused, and what was wrong with some. alone: the function has hardly another argument, so that this one gets all."""
    answers, answered, refused, wrong = {}, 0, 0, []
    others = {name: value for name, value in target.good.items() if name != parameter}

    def ask(value):
        """The answer, or the sentence."""
        try:
            return target.call(**others, **{parameter: value}), None
        except (ValueError, TypeError, kswgd.Failure) as error:
            sentence = str(error)
            if len(sentence) < 12 or any(word in sentence for word in NO_SENTENCES):
                wrong.append(f"{number} {name}: no sentence for people: {error!r}")
            return None, sentence
        except Exception as error:
            wrong.append(f"{number} {name}: {type(error).__name__}: {error}")
            return None, str(error)

    column = parameter in COLUMNS
    table = is_data(target.name, parameter) and not column
    # Where other arguments speak of the rows of GOOD.
    spoken_of = {"model", "found", "values"} & {*others} or target.name == "Generator.intervals"
    size = len(target.good["X"]) if parameter == "sample_weight" else COLUMNS.get(parameter)
    shape = LONG.shape if target.good.get("X") is LONG else GOOD.shape if parameter == "start" or (parameter in ("X", "points") and spoken_of) else None
    many = alone or ((table or column) and not target.name.startswith("plot."))  # figures are slow
    for number in range(odd.COUNT if many else odd.KINDS):
        name, made, stands_for = odd.odd_column(number, size) if column else odd.odd_table(number, shape)
        faulthandler.dump_traceback_later(120, exit=True)
        kept = copy.deepcopy(made) if (table or column) and isinstance(made, (np.ndarray, list)) else None
        answer, sentence = ask(made)
        if kept is not None:
            if repr(kept) != repr(made):
                wrong.append(f"{number} {name}: has changed")
        answered, refused = answered + (sentence is None), refused + (sentence is not None)
        if not (table or column):
            continue
        if stands_for is odd.REFUSED:
            # None is what most arguments are when nothing is said.
            if sentence is None and (made is not None or parameter in target.good):
                wrong.append(f"{number} {name}: was taken for numbers")
            continue
        parts = stands_for if isinstance(stands_for, list) else [stands_for]
        key = repr([(part.shape, part.tobytes()) for part in parts])
        if key not in answers:
            plain = [np.ascontiguousarray(part) for part in parts]
            answers[key] = ask(plain if isinstance(stands_for, list) else plain[0])
        plain, plain_sentence = answers[key]
        if (sentence is None) != (plain_sentence is None):
            wrong.append(f"{number} {name}: {sentence}, the plain numbers: {plain_sentence}")
        elif sentence is None and not same(answer, plain):
            wrong.append(f"{number} {name}: another answer than of the plain numbers")
    faulthandler.cancel_dump_traceback_later()
    return answered, refused, wrong


def throw_all(group):
    """Run in a process of its own, so that a crash is seen as one: stderr then ends with where."""
    warnings.simplefilter("ignore")
    faulthandler.enable()
    os.environ["MPLBACKEND"] = "Agg"
    for target in targets()[group]:
        function = target.call if inspect.isfunction(target.call) and group not in ESTIMATORS else None
        names = inspect.signature(function).parameters if function else parameters_of(target.name)
        others = group in ("Edmd", "DiffusionMap") and inherited(target.name)
        asked = [name for name in names if name not in LEFT_OUT and not (others and name not in {*TABLES, *COLUMNS})]
        for parameter in asked:
            begin = time.process_time()
            print(f"{target.name}({parameter})", file=sys.stderr, flush=True)
            answered, refused, wrong = throw(target, parameter, len(asked) < 3)
            print(target.name, parameter, answered, refused, round(time.process_time() - begin, 2), flush=True)
            for one in wrong[:8]:
                print("WRONG", target.name, parameter, one, flush=True)


def inherited(name):
    """Whether a method is the Generator's too."""
    kind, _, method = name.partition(".")
    return bool(method) and method not in vars(getattr(kswgd, kind))


def parameters_of(name):
    kind, _, method = name.partition(".")
    return inspect.signature(getattr(getattr(kswgd, kind), method) if method else getattr(kswgd, kind)).parameters


def is_data(name, parameter):
    """Whether an argument takes points or numbers of theirs; samples of what draws some are a number."""
    return parameter in COLUMNS or (parameter in TABLES and not name.endswith((".exact", ".simulate")))


@pytest.mark.parametrize("group", [*ESTIMATORS, "kinetics", "metrics", "datasets", "plot"])
def test_right_or_refused(group):
    if group == "plot":
        pytest.importorskip("matplotlib")
    done = subprocess.run([sys.executable, __file__, group], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    wrong = [line for line in done.stdout.splitlines() if line.startswith("WRONG")]
    assert not wrong, "\n".join(wrong)
    counts = [line.split() for line in done.stdout.splitlines()]
    thrown = {}
    for name, parameter, answered, refused, *_ in counts:
        thrown[name] = thrown.get(name, 0) + int(answered) + int(refused)
        if is_data(name, parameter) and int(answered) + int(refused) == odd.COUNT and name not in WITHOUT_DENSITY:
            # Both happen: of data that a fit refuses anyway a few are left.
            assert int(answered) >= 5 and int(refused) >= 50, (name, parameter, answered, refused)
    assert thrown and min(thrown.values()) >= 200, thrown


if __name__ == "__main__":
    throw_all(sys.argv[1])
