# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import json
import subprocess
import sys

import numpy as np
import pytest

import kswgd


@pytest.fixture(scope="session")
def program():
    """program(arguments...): runs the program that the package holds; returns its JSON."""

    def run(*arguments, status=0):
        command = [sys.executable, "-m", "kswgd", *map(str, arguments)]
        done = subprocess.run([*command, "--json", "-"] if status == 0 else command, capture_output=True, text=True, timeout=300)
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout) if status == 0 else done.stderr

    return run


@pytest.fixture(scope="session")
def well():
    """Exact draws of the quadruple well, 1500 x 2."""
    return kswgd.datasets.exact("quadruple-well", 1500, random_state=3)


@pytest.fixture(scope="session")
def walk():
    """A trajectory of the double well that crosses its barrier often, 4000 x 2."""
    return kswgd.datasets.simulate("double-well", 4000, dt=0.05, temperature=0.5, random_state=5)[0]


@pytest.fixture(scope="session")
def small():
    """Plain numbers, 60 x 3, that any function takes."""
    return np.random.default_rng(0).normal(size=(60, 3))


@pytest.fixture(scope="session")
def fitted(small):
    return kswgd.Generator(modes=5).fit(small)
