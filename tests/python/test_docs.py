# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""help() says what each argument is, and type checkers know all that is public."""

import ast
import inspect
import pathlib
import re

import pytest

import kswgd

CLASSES = [kswgd.Generator, kswgd.Edmd, kswgd.DiffusionMap]


def public():
    """(name, what is called, its documentation)."""
    for kind in CLASSES:
        yield kind.__name__, kind, inspect.getdoc(kind)
        for name, method in inspect.getmembers(kind, lambda one: inspect.isfunction(one) or inspect.ismethod(one)):
            if not name.startswith("_"):
                yield f"{kind.__name__}.{name}", method, inspect.getdoc(method)
    for module in (kswgd.kinetics, kswgd.metrics, kswgd.datasets, kswgd.plot):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if not name.startswith("_") and function.__module__ == module.__name__:
                yield f"{module.__name__}.{name}", function, inspect.getdoc(function)


@pytest.mark.parametrize("name, function, text", list(public()), ids=lambda value: value if isinstance(value, str) and "\n" not in value and len(value) < 50 else "")
def test_each_argument_is_explained(name, function, text):
    assert text
    arguments = [p.name for p in inspect.signature(function).parameters.values() if p.name != "self"]
    missing = [argument for argument in arguments if not re.search(rf"\b{argument}\b", text)]
    assert not missing or missing == ["y"], f"help({name}) does not say what {missing} is"


def test_type_checkers_know_all_names():
    stub = pathlib.Path(kswgd.__file__).with_suffix(".pyi")
    known = {"__version__"}
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ClassDef):
            known.add(node.name)
            assert [base.id for base in node.bases] == [base.__name__ for base in getattr(kswgd, node.name).__bases__]
    assert set(kswgd.__all__) <= known
    assert all(hasattr(kswgd, name) for name in known if name != "learning")
