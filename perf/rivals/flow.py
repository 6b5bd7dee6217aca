# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One evaluation of the flow by this library, NumPy, PyTorch (eager and compiled) and KeOps: the same sums, sizes and precision,
timed in turn, checked against each other.

    mean_a = 1/M sum_i K_ia,    u_i = sum_a c_a / h_a^2 K_ia (x_i - z_a),    K_ia = exp(-|x_i - z_a|^2 / 2 h_a^2)

Two passes, because in the flow c follows from the means; K (M x p) is not kept by anyone. Seeds and sizes are in the output."""

import argparse
import concurrent.futures
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

import numpy as np

LIBRARY = "kswgd"


class Library:
    """The library's own binary, kept running: it times itself between the others' turns."""

    def __init__(self, binary, x, z, h, c):
        self.folder = tempfile.TemporaryDirectory()
        for name, array in (("x", x), ("z", z), ("h", h), ("c", c)):
            array.tofile(os.path.join(self.folder.name, name))
        self.shape = x.shape
        self.process = subprocess.Popen([binary, self.folder.name, str(len(x)), str(len(z)), str(x.shape[1])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the library's binary ended early")
        return float(line)

    def result(self, precision):
        self.ask("write " + precision)
        read = lambda name: np.fromfile(os.path.join(self.folder.name, name))
        return read("mean"), read("u").reshape(self.shape)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class NumPy:
    """Expanded exponent through BLAS, in chunks that stay in the cache; `threads` chunks at a time, each with one BLAS thread."""

    def __init__(self, x, z, h, c, dtype, threads, chunk):
        q = 0.5 / h**2
        self.x, self.z = x.astype(dtype), z.astype(dtype)
        self.scaled, self.offset, self.q = (2 * q[:, None] * z).T.astype(dtype), (-q * (z**2).sum(1)).astype(dtype), q.astype(dtype)
        self.w = (c / h**2).astype(dtype)
        self.wz = np.concatenate([self.w[:, None], self.w[:, None] * self.z], 1)
        self.norm = (self.x**2).sum(1)
        self.starts = range(0, len(x), chunk)
        self.chunk = chunk
        self.pool = concurrent.futures.ThreadPoolExecutor(threads) if threads > 1 else None

    def kernel(self, i):
        rows = slice(i, i + self.chunk)
        t = self.x[rows] @ self.scaled
        t += self.offset
        t -= np.multiply.outer(self.norm[rows], self.q)
        return rows, np.exp(t, out=t)

    def mean_part(self, i):
        return self.kernel(i)[1].sum(0, dtype=self.x.dtype).astype(np.float64)

    def velocity_part(self, i):
        rows, k = self.kernel(i)
        s = k @ self.wz
        return self.x[rows] * s[:, :1] - s[:, 1:]

    def __call__(self):
        run = self.pool.map if self.pool else map
        mean = sum(run(self.mean_part, self.starts)) / len(self.x)
        return mean, np.concatenate(list(run(self.velocity_part, self.starts)))


def torch_functions():
    import torch

    def kernel(x, scaled, offset, q):
        return torch.exp(x @ scaled + offset - (x * x).sum(1, keepdim=True) * q)

    def mean_part(x, scaled, offset, q):
        return kernel(x, scaled, offset, q).sum(0)

    def velocity_part(x, scaled, offset, q, wz):
        s = kernel(x, scaled, offset, q) @ wz
        return x * s[:, :1] - s[:, 1:]

    return torch, mean_part, velocity_part


class Torch:
    def __init__(self, x, z, h, c, dtype, compiled, chunk):
        torch, self.mean_part, self.velocity_part = torch_functions()
        if compiled:
            torch._dynamo.reset()  # or the ninth shape would run uncompiled
            self.mean_part, self.velocity_part = torch.compile(self.mean_part, dynamic=False), torch.compile(self.velocity_part, dynamic=False)
        q = 0.5 / h**2
        as_torch = lambda a: torch.as_tensor(np.ascontiguousarray(a.astype(dtype)))
        self.parts = as_torch(x).split(chunk)
        self.arguments = [as_torch(a) for a in ((2 * q[:, None] * z).T, -q * (z**2).sum(1), q)]
        w = c / h**2
        self.wz = as_torch(np.concatenate([w[:, None], w[:, None] * z], 1))
        self.torch, self.count = torch, len(x)

    def __call__(self):
        with self.torch.no_grad():
            mean = sum(self.mean_part(part, *self.arguments).double() for part in self.parts) / self.count
            u = self.torch.cat([self.velocity_part(part, *self.arguments, self.wz) for part in self.parts])
        return mean.numpy(), u.numpy()


class KeOps:
    def __init__(self, x, z, h, c, dtype):
        from pykeops.numpy import LazyTensor

        one = lambda a, axis: LazyTensor(np.ascontiguousarray(a.astype(dtype)), axis=axis)
        self.x, self.z = one(x, 0), one(z, 1)
        self.q, self.w = one((-0.5 / h**2)[:, None], 1), one((c / h**2)[:, None], 1)
        self.count = len(x)

    def __call__(self):
        difference = self.x - self.z
        k = (self.q * (difference**2).sum(-1)).exp()
        mean = k.sum(0).ravel() / self.count
        return mean, (self.w * k * difference).sum(1)


def rivals_of(x, z, h, c, dtype, threads, chunk, wanted):
    import threadpoolctl

    make = {
        "NumPy": lambda: NumPy(x, z, h, c, dtype, 1, chunk),
        f"NumPy on {threads} threads": lambda: NumPy(x, z, h, c, dtype, threads, chunk),
        "PyTorch eager": lambda: Torch(x, z, h, c, dtype, False, chunk),
        "torch.compile": lambda: Torch(x, z, h, c, dtype, True, chunk),
        "KeOps": lambda: KeOps(x, z, h, c, dtype),
    }
    if threads == 1:
        del make["NumPy on 1 threads"]
    result = {}
    for name, one in make.items():
        if wanted and not any(w.lower() in name.lower() for w in wanted):
            continue
        try:
            rival = one()
            if name.startswith("NumPy on"):  # its threads are ours: one BLAS thread each
                def limited(rival=rival):
                    with threadpoolctl.threadpool_limits(1, "blas"):
                        return rival()
                result[name] = limited
            else:
                result[name] = rival
            result[name]()
        except Exception as error:  # a rival that does not run here is said, not hidden
            print(f"{name} does not run here: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", file=sys.stderr)
            result.pop(name, None)
    return result


def error(found, exact):
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def turn():
    """Idle threads of the one before spin for a while and would take the next one's core; then everyone begins with an untimed call."""
    time.sleep(0.1)


def measure(case, arguments, dtype):
    count, p, d = case
    random = np.random.default_rng(arguments.seed)
    x, z, c = random.standard_normal((count, d)), random.standard_normal((p, d)), random.standard_normal(p)
    h = np.full(p, 0.5 * np.sqrt(d))
    precision = "fp64" if dtype == np.float64 else "mixed"
    library = Library(arguments.binary, x, z, h, c)
    rivals = rivals_of(x, z, h, c, dtype, arguments.threads, arguments.chunk, arguments.only)
    exact = library.result("fp64")
    errors = {LIBRARY: [error(f, e) for f, e in zip(library.result(precision), exact)]}
    if dtype == np.float64:  # then the check is the others' answer
        other = next(iter(rivals.values()))() if rivals else exact
        errors[LIBRARY] = [error(f, e) for f, e in zip(exact, other)]
    for name, rival in rivals.items():
        errors[name] = [error(f, e) for f, e in zip(rival(), exact)]
    seconds = {name: [] for name in [LIBRARY, *rivals]}
    clock = time.process_time if arguments.clock == "cpu" else time.perf_counter
    for _ in range(arguments.rounds):
        turn()
        library.ask("time " + precision)
        seconds[LIBRARY].append(library.ask(("cpu " if arguments.clock == "cpu" else "time ") + precision))
        for name, rival in rivals.items():
            turn()
            rival()
            start = clock()
            rival()
            seconds[name].append(clock() - start)
    library.close()
    middle = {name: float(np.median(values)) for name, values in seconds.items()}
    rows = [{"particles": count, "features": p, "dimension": d, "precision": precision, "method": name, "seconds": middle[name], "ratio": middle[name] / middle[LIBRARY],
             "error_mean": errors[name][0], "error_velocity": errors[name][1]} for name in seconds]
    for row in rows:
        print(f"p={p} d={d} {precision:5} {row['method']:22} {row['seconds'] * 1e3:9.1f} ms {row['ratio']:6.1f} x   error {row['error_mean']:.0e} {row['error_velocity']:.0e}", flush=True)
    return rows


def versions():
    import importlib.metadata as metadata

    def version(package):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return None

    return {name: version(name) for name in ("numpy", "torch", "pykeops")} | {"python": platform.python_version()}


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")


def table(rows):
    """Markdown: a line for each case, the rivals' times over the library's."""
    names = list(dict.fromkeys(r["method"] for r in rows if r["method"] != LIBRARY))
    lines = ["| p, d, precision | kswgd, ms | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    cases = list(dict.fromkeys((r["features"], r["dimension"], r["precision"]) for r in rows))
    for case in cases:
        of_case = {r["method"]: r for r in rows if (r["features"], r["dimension"], r["precision"]) == case}
        ratios = [f"{of_case[n]['ratio']:.1f} x" if n in of_case else "-" for n in names]
        lines.append(f"| {case[0]}, {case[1]}, {case[2]} | {of_case[LIBRARY]['seconds'] * 1e3:.1f} | " + " | ".join(ratios) + " |")
    return "\n".join(lines)


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(root, "build", "openmp", "bin", "kswgd_served"))
    parser.add_argument("--particles", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: processor time, for one thread on a machine that others use as well")
    parser.add_argument("--chunk", type=int, default=1024)
    parser.add_argument("--only", action="append", help="a rival by part of its name; may be given again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--table", metavar="FILE", help="print the table of an earlier result and stop")
    arguments = parser.parse_args()
    if arguments.table:
        with open(arguments.table) as file:
            print(table(json.load(file)["rows"]))
        return
    if arguments.clock == "cpu" and (arguments.threads != 1 or os.environ.get("OMP_NUM_THREADS") != "1"):
        parser.error("processor time compares only single threads: OMP_NUM_THREADS=1 and --threads 1")
    rows = []
    for dtype in (np.float64, np.float32):
        for p, d in ((430, 2), (1000, 3), (1000, 16)):
            rows += measure((arguments.particles, p, d), arguments, dtype)
            write(arguments, rows)
    print("\n" + table(rows))


def write(arguments, rows):
    """After each case, so that an interrupted run leaves what it has."""
    if not arguments.json:
        return
    with open(arguments.json, "w") as file:
        json.dump({"processor": processor(), "threads": arguments.threads, "clock": arguments.clock, "particles": arguments.particles, "seed": arguments.seed,
                   "rounds": arguments.rounds, "chunk": arguments.chunk, "blas_core": os.environ.get("OPENBLAS_CORETYPE", "as OpenBLAS selects"),
                   "versions": versions(), "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
