# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rate constants, mean first passage times and committors of simulated trajectories: this library (edmd, and the generator with the measured
diffusion) against deeptime's Markov state model on the same frames, beside the exact values by finite volumes. For each system and method: the
seeds whose 90 % interval holds the exact rate, the median and largest error of the rate, the root mean square error of the committor on the
frames outside of the sets, and the seconds of a seed (all of it: reading, clustering or landmarks, fit, rate)."""

import argparse
import json
import os
import subprocess
import tempfile
import time

import numpy as np


def double_well(x, y):
    return (x * x - 1) ** 2 + 0.1 * x + y * y / 2


def triple_well(x, y):
    terms = [(3, 0, 1 / 3), (-3, 0, 5 / 3), (-5, 1, 0), (-5, -1, 0)]
    return 0.2 * (x**4 + (y - 1 / 3) ** 4) + sum(h * np.exp(-((x - a) ** 2) - (y - b) ** 2) for h, a, b in terms)


# system, potential, temperature, box of the grid, centre and radius of A and of B, frames, time between them, lag in frames: some 100 transitions each
SYSTEMS = {
    "double-well-4kT": ("double-well", double_well, 1 / 4, (-2.4, 2.4, -2.6, 2.6), ((-1, 0), 0.3), ((1, 0), 0.3), 80000, 0.2, 1),
    "double-well-6kT": ("double-well", double_well, 1 / 6, (-2.2, 2.2, -2.2, 2.2), ((-1, 0), 0.3), ((1, 0), 0.3), 100000, 1, 1),
    "double-well-8kT": ("double-well", double_well, 1 / 8, (-2.1, 2.1, -2.0, 2.0), ((-1, 0), 0.3), ((1, 0), 0.3), 200000, 4, 1),
    "triple-well-4kT": ("triple-well", triple_well, 0.6, (-2.8, 2.8, -2.4, 3.2), ((-1.05, -0.04), 0.25), ((1.05, -0.04), 0.25), 50000, 0.2, 1),
    "triple-well-6kT": ("triple-well", triple_well, 0.4, (-2.6, 2.6, -2.2, 3.0), ((-1.05, -0.04), 0.25), ((1.05, -0.04), 0.25), 100000, 0.5, 1),
    # frames close enough for the diffusion to be measured
    "triple-well-fine": ("triple-well", triple_well, 0.6, (-2.8, 2.8, -2.4, 3.2), ((-1.05, -0.04), 0.25), ((1.05, -0.04), 0.25), 100000, 0.02, 5),
}


def exact(potential, temperature, box, a, b, spacing):
    """Rate constant A to B, and q on the grid (its axes, its values): the backward equation by finite volumes, conductances sqrt(pi_i pi_j)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve

    xs, ys = (np.arange(low, high + spacing / 2, spacing) for low, high in (box[:2], box[2:]))
    x, y = np.meshgrid(xs, ys, indexing="ij")
    pi = np.exp(-(potential(x, y) - potential(x, y).min()) / temperature)
    pi /= pi.sum()
    index = np.arange(pi.size).reshape(pi.shape)
    links = [(index[:-1].ravel(), index[1:].ravel()), (index[:, :-1].ravel(), index[:, 1:].ravel())]
    i, j = (np.concatenate([link[k] for link in links]) for k in (0, 1))
    c = temperature / spacing**2 * np.sqrt(pi.ravel()[i] * pi.ravel()[j])
    off = coo_matrix((np.r_[c, c], (np.r_[i, j], np.r_[j, i])), shape=(pi.size,) * 2).tocsr()
    laplacian = (coo_matrix((np.asarray(off.sum(1)).ravel(), (index.ravel(),) * 2)) - off).tocsr()
    inside = lambda ball: (np.hypot(x - ball[0][0], y - ball[0][1]) <= ball[1]).ravel()
    in_a, in_b = inside(a), inside(b)
    q = in_b.astype(float)
    free = np.flatnonzero(~(in_a | in_b))
    q[free] = spsolve(laplacian[free][:, free].tocsc(), -laplacian[free] @ q)
    flux = np.sum(c * (q[i] - q[j]) ** 2)
    return flux / np.sum(pi.ravel() * (1 - q)), (xs, ys, q.reshape(pi.shape))


def ask(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments), "--json", "-"], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def with_library(binary, folder, data, lag, a, b, how, features, committor):
    model, out = os.path.join(folder, "model.h5"), os.path.join(folder, "q.npy")
    ball = lambda s: f"{s[0][0]},{s[0][1]}:{s[1]}"
    sets = [f"--from={ball(a)}", f"--to={ball(b)}"]
    start = time.perf_counter()
    ask(binary, "fit", data, "-o", model, "--features", features, "--modes", 4, *(["--lag", lag] if how == "edmd" else ["--diffusion", "isotropic"]))
    rates = ask(binary, "rates", model, data, *sets)
    seconds = time.perf_counter() - start
    if committor:
        ask(binary, "committor", model, data, *sets, "-o", out)
    return rates["rate"], rates["low"], rates["high"], np.load(out).ravel() if committor else None, seconds


def with_deeptime(frames, dt, lag, a, b, clusters, seed):
    """Reversible maximum likelihood on k-means clusters; the interval from 50 draws of the posterior with effective counts."""
    from deeptime.clustering import KMeans
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import BayesianMSM, MaximumLikelihoodMSM

    start = time.perf_counter()
    model = KMeans(clusters, max_iter=20, fixed_seed=seed).fit(frames[:: max(1, len(frames) // 10000)]).fetch_model()
    states = model.transform(frames)
    counts = TransitionCountEstimator(lag, "effective").fit(states).fetch_model().submodel_largest()
    of = lambda s: np.flatnonzero(np.hypot(*(model.cluster_centers[counts.state_symbols] - np.array(s[0])).T) <= s[1])
    in_a, in_b = of(a), of(b)
    msm = MaximumLikelihoodMSM(reversible=True).fit(TransitionCountEstimator(lag, "sliding").fit(states).fetch_model().submodel(counts.state_symbols)).fetch_model()
    rate = msm.reactive_flux(in_a, in_b).rate / (lag * dt)
    drawn = [1 / m.mfpt(in_a, in_b) / dt for m in BayesianMSM(n_samples=50).fit(counts).fetch_model().samples]
    q = np.full(clusters, np.nan)
    q[counts.state_symbols] = msm.committor_forward(in_a, in_b)
    return rate, *np.quantile(drawn, [0.05, 0.95]), q[states], time.perf_counter() - start


def run(name, arguments):
    import h5py
    from scipy.interpolate import RegularGridInterpolator

    system, potential, temperature, box, a, b, frames, dt, lag = SYSTEMS[name]
    # Discs on a grid have the error of their edge: extrapolated from two spacings.
    coarse, _ = exact(potential, temperature, box, a, b, 0.02)
    truth, (xs, ys, grid) = exact(potential, temperature, box, a, b, 0.01)
    at = RegularGridInterpolator((xs, ys), grid, bounds_error=False, fill_value=None)
    print(f"{name}: rate {truth:.5g} (spacing .02: {coarse:.5g}), mean first passage time {1 / truth:.5g}, {frames} frames every {dt}, lag {lag}", flush=True)
    methods = [m for m in ("edmd", "diffusion", "deeptime") if m in arguments.methods.split(",")]
    found = {m: [] for m in methods}
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "t.h5")
        for seed in range(arguments.seeds):
            ask(arguments.binary, "simulate", system, "--temperature", temperature, "--samples", frames, "--dt", dt, "--burn-in", 100, "--substeps", round(max(1, dt / 0.01)), "--seed", seed, "-o", data)
            with h5py.File(data) as file:
                x = file["trajectories/0"][:]
            outside = ~np.logical_or(*(np.hypot(*(x - np.array(s[0])).T) <= s[1] for s in (a, b)))
            q_exact = np.clip(at(x[outside]), 0, 1)
            for method in methods:
                try:
                    if method == "deeptime":
                        rate, low, high, q, seconds = with_deeptime(x, dt, lag, a, b, arguments.clusters, seed)
                    else:
                        rate, low, high, q, seconds = with_library(arguments.binary, folder, data, lag, a, b, method, arguments.features, seed < arguments.committors)
                except RuntimeError as error:
                    print(f"  {method}, seed {seed}: {str(error)[:100]}")
                    continue
                rms = float(np.sqrt(np.nanmean((q[outside] - q_exact) ** 2))) if q is not None else float("nan")
                found[method].append({"rate": rate / truth, "low": low / truth, "high": high / truth, "rms": rms, "seconds": seconds})
                if arguments.verbose:
                    print(f"  {method:9} seed {seed}: {rate / truth:.3f} [{low / truth:.3f}, {high / truth:.3f}] rms {rms:.4f} {seconds:.1f} s", flush=True)
    rows = []
    for method, results in found.items():
        if not results:
            continue
        errors = np.abs([r["rate"] - 1 for r in results])
        row = {
            "system": name,
            "method": method,
            "seeds": len(results),
            "inside": int(sum(r["low"] <= 1 <= r["high"] for r in results)),
            "mean_ratio": float(np.mean([r["rate"] for r in results])),
            "median_error": float(np.median(errors)),
            "largest_error": float(np.max(errors)),
            "median_width": float(np.median([np.log(r["high"] / r["low"]) / 2 for r in results])),
            "median_rms": float(np.nanmedian([r["rms"] for r in results])),
            "seconds": float(np.median([r["seconds"] for r in results])),
        }
        rows.append(row)
        print("  {method:9} {inside} of {seeds} inside; rate / exact {mean_ratio:.3f} on average, error {median_error:.3f} median, {largest_error:.3f} at most; half width "
              "{median_width:.3f}; committor's rms error {median_rms:.4f}; {seconds:.1f} s".format(**row), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="build/openmp/bin/kswgd")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--methods", default="edmd,diffusion,deeptime")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--committors", type=int, default=10, help="the library's committor is written for so many seeds")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("-o", "--output")
    arguments = parser.parse_args()
    rows = [row for name in arguments.systems.split(",") for row in run(name, arguments)]
    if arguments.output:
        with open(arguments.output, "w") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
