# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The spectrum of the quadruple well from independent pairs: this library's fit against deeptime's kernel EDMD, kooplearn's generator
and a Nystroem EDMD from scikit-learn's features, with the error of lambda_1..5 beside the seconds: speed counts only at equal accuracy."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

# Sums of two of the 1-D eigenvalues of (x^2 - 1)^2 (docs/method.md).
ONE = [0, 0.74868167, 6.00411367, 11.66069556]
EXACT = np.array(sorted(a + b for a in ONE for b in ONE)[1:6])


def error(values):
    """Largest relative error of lambda_1..5."""
    values = np.sort(np.asarray(values, float))[:5]
    return float(np.max(np.abs(values / EXACT - 1))) if len(values) == 5 and np.all(np.isfinite(values)) else float("inf")


def rates(mu, lag_time):
    """lambda = -log|mu| / tau of the five leading eigenvalues after the constant's."""
    leading = np.sort(np.abs(np.asarray(mu)))[::-1]
    return -np.log(leading[1:6]) / lag_time


def run_library(binary, data, lag, *options):
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "model.h5")
        ask = lambda *arguments: json.loads(subprocess.run([binary, *arguments, "--json", "-"], check=True, capture_output=True, text=True).stdout)
        fit = ask("fit", data, "-o", model, *(["--lag", str(lag)] if lag else []), *options)
        return fit["seconds"], ask("spectrum", model)["eigenvalues"][1:6]


def run_deeptime(x, y, width, lag_time):
    from deeptime.decomposition import KernelEDMD
    from deeptime.kernels import GaussianKernel

    start = time.perf_counter()
    model = KernelEDMD(GaussianKernel(width), n_eigs=8, epsilon=1e-3).fit((x, y)).fetch_model()
    seconds = time.perf_counter() - start
    return seconds, rates(model.eigenvalues, lag_time)


def run_kooplearn(x, width):
    """The generator from samples by its Dirichlet form, dense in n (d + 1) derivative features: time grows as n^3. Noise sqrt(2) dW."""
    from kooplearn.kernel import GeneratorDirichlet

    start = time.perf_counter()
    model = GeneratorDirichlet(diffusion=2**0.5, n_components=8, gamma=1 / (2 * width**2), alpha=1e-6, shift=1.0).fit(x)
    values = np.sort(-np.real(model.eig()))
    return time.perf_counter() - start, values[1:6]


def run_nystroem(x, y, width, lag_time, landmarks=400):
    from sklearn.kernel_approximation import Nystroem

    start = time.perf_counter()
    feature = Nystroem(gamma=1 / (2 * width**2), n_components=landmarks, random_state=0).fit(x)
    a, b = feature.transform(x), feature.transform(y)
    g, c = a.T @ a + b.T @ b, a.T @ b
    g[np.diag_indices_from(g)] += 1e-7 * np.trace(g)
    mu = np.linalg.eigvals(np.linalg.solve(g / 2, (c + c.T) / 2))
    return time.perf_counter() - start, rates(mu, lag_time)


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(root, "build", "openmp", "bin", "kswgd"))
    parser.add_argument("--points", type=int, default=5000)
    parser.add_argument("--dt", type=float, default=0.1)
    parser.add_argument("--lag", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--widths", type=float, nargs="+", default=[0.5, 0.8, 1.2], help="kernel widths that the others try; their best counts")
    parser.add_argument("--landmarks", type=int, nargs="+", default=[100, 200], help="finest levels that the library tries beside its own choice")
    parser.add_argument("--kooplearn-points", type=int, default=1000, help="kooplearn gets this many points at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    import h5py

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data.h5")
        # Independent pairs: as many short trajectories, each begun ten units of time before its pair (lambda_1 = .75).
        subprocess.run([arguments.binary, "simulate", "quadruple-well", "--samples", str(arguments.lag + 1), "--trajectories", str(arguments.points), "--dt",
                        str(arguments.dt), "--burn-in", str(round(10 / arguments.dt)), "--seed", str(arguments.seed), "-o", data, "--quiet"], check=True)
        with h5py.File(data) as file:
            trajectories = [np.asarray(t) for t in file["trajectories"].values()]
        x = np.concatenate([t[: -arguments.lag] for t in trajectories])
        y = np.concatenate([t[arguments.lag :] for t in trajectories])
        points = os.path.join(folder, "points.npy")  # the generator is fitted to points: the first of each pair
        np.save(points, x)
        lag_time = arguments.lag * arguments.dt
        candidates = {"kswgd generator": lambda: run_library(arguments.binary, points, 0), "kswgd edmd": lambda: run_library(arguments.binary, data, arguments.lag)}
        for landmarks in arguments.landmarks:
            candidates[f"kswgd generator, {landmarks} landmarks"] = lambda landmarks=landmarks: run_library(arguments.binary, points, 0, "--features", str(landmarks))
        for width in arguments.widths:
            candidates[f"deeptime KernelEDMD, width {width}"] = lambda width=width: run_deeptime(x, y, width, lag_time)
            few = x[: arguments.kooplearn_points]
            candidates[f"kooplearn generator, {len(few)} points, width {width}"] = lambda width=width, few=few: run_kooplearn(few, width)
            candidates[f"scikit-learn Nystroem EDMD, width {width}"] = lambda width=width: run_nystroem(x, y, width, lag_time)
        taken = {name: [] for name in candidates}
        found = {}
        for _ in range(arguments.rounds):
            for name, run in list(candidates.items()):
                try:
                    seconds, found[name] = run()
                    taken[name].append(seconds)
                except Exception as problem:
                    print(f"{name} does not run here: {type(problem).__name__}: {problem}", file=sys.stderr)
                    candidates.pop(name)
    base = float(np.median(taken["kswgd generator"]))
    for name in candidates:
        seconds = float(np.median(taken[name]))
        rows.append({"method": name, "points": arguments.points, "seconds": seconds, "ratio": seconds / base, "worst_relative_error": error(found[name]), "eigenvalues": list(map(float, found[name]))})
        print(f"{name:48} {seconds:9.3f} s {seconds / base:7.1f} x   worst error of lambda_1..5 {rows[-1]['worst_relative_error']:.1%}")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"points": arguments.points, "dt": arguments.dt, "lag": arguments.lag, "seed": arguments.seed, "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
