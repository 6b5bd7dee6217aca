# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loads the compiled module, once, on first use."""

import atexit
import contextlib
import importlib
import importlib.util
import os
import subprocess
import sys
import threading

_lock = threading.Lock()
_core = None


def core():
    """The compiled module."""
    global _core
    if _core is None:
        with _lock:
            if _core is None:
                with _settings():
                    loaded = importlib.import_module("._core", __package__)
                    loaded.threads()  # Kokkos begins while the settings hold
                atexit.register(loaded.end)
                _core = loaded
    return _core


def __getattr__(name):
    if name in ("InvalidInput", "Failure"):
        return getattr(core(), name)
    raise AttributeError(name)


@contextlib.contextmanager
def _settings():
    """OpenMP and OpenBLAS read their settings when they are loaded. Those that the program makes where nobody made any are made here, and taken back."""
    made = {}
    if "OMP_WAIT_POLICY" not in os.environ and "GOMP_SPINCOUNT" not in os.environ:
        made["GOMP_SPINCOUNT"] = "2000"  # a thread that waits for the others gives up its core
    if "OMP_PROC_BIND" not in os.environ:
        made["OMP_PROC_BIND"] = "false"
    if "OPENBLAS_CORETYPE" not in os.environ:
        wider = _wider_blas_kernels()
        if wider:
            made["OPENBLAS_CORETYPE"] = wider
    os.environ.update(made)
    try:
        yield
    finally:
        for name in made:
            os.environ.pop(name, None)


def _wider_blas_kernels():
    """What OPENBLAS_CORETYPE should be on a processor that is newer than the OpenBLAS; asked in a process of its own, because it is loaded to answer."""
    question = (
        "import importlib.machinery as m, importlib.util as u, sys; p = sys.argv[1];"
        "s = u.spec_from_file_location('_core', p, loader=m.ExtensionFileLoader('_core', p));"
        "c = u.module_from_spec(s); s.loader.exec_module(c); print(c.wider_blas_kernels())"
    )
    spec = importlib.util.find_spec("._core", __package__)
    if spec is None or not sys.executable:
        return ""
    try:
        answer = subprocess.run([sys.executable, "-I", "-S", "-c", question, spec.origin], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
