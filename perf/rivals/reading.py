#!/usr/bin/env python3
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Seconds of CPU that reading a table of text takes, beside NumPy, pandas and Arrow: each in a process of its own, in turn.

A process that only starts (imports) is taken away from each. One thread everywhere. That others read the numbers that were written, to the bit, is checked here, of
the library by its tests.
"""
import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

READERS = {
    "numpy.loadtxt": ("import numpy", "numpy.loadtxt({path!r}, delimiter=',', skiprows=1)"),
    "pandas.read_csv": ("import pandas", "pandas.read_csv({path!r}).to_numpy()"),
    "pyarrow.csv": (
        "import numpy, pyarrow.csv as csv",
        "numpy.column_stack([c.to_numpy() for c in csv.read_csv({path!r}, read_options=csv.ReadOptions(use_threads=False)).columns])",
    ),
}


def cpu(*command):
    """Seconds of CPU and what was printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kswgd", default=str(Path(__file__).resolve().parents[2] / "build/openmp/bin/kswgd"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    import numpy

    with tempfile.TemporaryDirectory() as folder:
        path, empty = f"{folder}/rows.csv", f"{folder}/one.csv"
        values = numpy.random.default_rng(options.seed).standard_normal((options.rows, options.columns))
        header = ",".join(f"c{k}" for k in range(options.columns)) + "\n"
        with open(path, "w") as file:
            file.write(header)
            for row in values:
                file.write(",".join(map(repr, row.tolist())) + "\n")
        Path(empty).write_text(header + ",".join("0" * options.columns) + "\n")
        print(f"{options.rows} x {options.columns} numbers, {os.path.getsize(path) / 1e6:.0f} MB; fastest of {options.rounds}, seconds of CPU")
        truth = hashlib.sha256(values.tobytes()).hexdigest()
        times = {name: [] for name in ["kswgd", *READERS]}
        exact = {}
        for _ in range(options.rounds):
            whole, said = cpu(options.kswgd, "info", path)
            assert said.startswith(f"{options.rows} x {options.columns}"), said
            times["kswgd"].append(whole - cpu(options.kswgd, "info", empty)[0])
            for name, (start, read) in READERS.items():
                bare = cpu(sys.executable, "-c", start)[0]
                times[name].append(cpu(sys.executable, "-c", f"{start}\n{read.format(path=path)}")[0] - bare)
        for name, (start, read) in READERS.items():
            digest = f"print(hashlib.sha256(numpy.ascontiguousarray({read.format(path=path)}, dtype=float).tobytes()).hexdigest())"
            exact[name] = cpu(sys.executable, "-c", f"import hashlib, numpy\n{start}\n{digest}")[1] == truth
        for name, seconds in times.items():
            print(f"{name:18} {min(seconds):6.2f}" + ("" if exact.get(name, True) else "   (some numbers are others than those written)"))


if __name__ == "__main__":
    main()
