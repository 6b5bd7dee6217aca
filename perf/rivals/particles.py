# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""New points from few: this library with no option set, its flow alone, and its flow with a polish, against samplers that train nothing either: the gradient
flow of the energy distance (an MMD with a Riesz kernel), closed-form diffusion with a smoothed score, and Langevin dynamics on a smoothed score with the data's
mean and covariance.

As many samples as training points are compared with points that no method saw. Scores: sliced W2 over that of the training points; the area under the curve of a
random forest that tells samples from unseen points (.5 is best); memorisation, the median distance to the nearest training point over that of unseen points (1 is
right, 0 a copy); neighbours, the median distance to the nearest other sample over that among as many unseen points (1 is right); strays, the share of samples
farther from all known points than 999 of 1000 unseen points; CPU seconds, all threads. What a rival leaves open (a width, a number of steps) it chooses by the energy
distance to a tenth of the training points, which it leaves out for that and uses in the end."""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np


# ---------------------------------------------------------------- laws
def checkerboard(n, rng):
    cell = rng.integers(8, size=n)
    return np.stack([cell // 2 + rng.random(n), 2 * (cell % 2) + (cell // 2) % 2 + rng.random(n)], 1)


def spirals(n, rng):
    """Two arms."""
    t = 3 * np.pi * np.sqrt(rng.random(n))
    arm = np.where(rng.random(n) < 0.5, 1, -1)
    return (0.3 * t * arm)[:, None] * np.stack([np.cos(t), np.sin(t)], 1) + 0.06 * rng.standard_normal((n, 2))


def digits(rng):
    from sklearn.datasets import load_digits

    x = np.asarray(load_digits().data, float)
    x -= x.mean(0)
    axes = np.linalg.svd(x, full_matrices=False)[2][:30]
    return rng.permutation(x @ axes.T)


def problem(name, seed):
    """Training points and points that no method sees."""
    rng = np.random.default_rng(seed)
    kind, n = name.rsplit(" ", 1)
    if kind == "digits":
        rows = digits(rng)
        return rows[: int(n)], rows[int(n):]
    law = {"checkerboard": checkerboard, "spirals": spirals}[kind]
    return law(int(n), rng), law(5000, rng)


# ---------------------------------------------------------------- what rivals share
def pairs(x, y):
    """|x_i - y_j|"""
    return np.sqrt(np.maximum((x**2).sum(1)[:, None] + (y**2).sum(1)[None] - 2 * x @ y.T, 0))


def energy(x, y):
    return 2 * pairs(x, y).mean() - pairs(x, x).mean() - pairs(y, y).mean()


def normal_start(x, n, rng):
    return rng.multivariate_normal(x.mean(0), np.cov(x.T), n)


def chosen(sampler, x, n, rng, choices):
    """The sampler's draws with the choice that comes nearest to a tenth of the rows."""
    order = rng.permutation(len(x))
    held, rest = x[order[: len(x) // 10]], x[order[len(x) // 10:]]
    best = min(choices, key=lambda choice: energy(sampler(rest, n, np.random.default_rng(5), choice), held))
    return sampler(x, n, rng, best), best


# ---------------------------------------------------------------- rivals: (training points, how many, generator, choice) -> samples
def riesz_flow(x, n, rng, steps):
    """Gradient flow of the energy distance, the MMD of the Riesz kernel -|x - y| (Hertrich, Wald, Altekrueger, Hagemann, ICLR 2024), all pairs, with their
    momentum of .9; a step is a hundredth of the data's width at first and falls to a tenth of that."""
    y, speed, width = normal_start(x, n, rng), 0.0, np.sqrt(x.var(0).sum())
    for step in range(steps):
        to_data, to_others = pairs(y, x), pairs(y, y)
        pull, push = 1 / np.maximum(to_data, 1e-12), 1 / np.maximum(to_others, 1e-12)
        np.fill_diagonal(push, 0)
        slope = (pull.sum(1)[:, None] * y - pull @ x) / len(x) - (push.sum(1)[:, None] * y - push @ y) / n
        speed = 0.9 * speed - slope
        y = y + 0.01 * width * 10 ** (-step / steps) * speed
    return y


def smoothed_diffusion(x, n, rng, sigma, steps=60, draws=4):
    """sigma-CFDM (Scarvelis, Borde, Solomon, TMLR 2025): the flow from N(0, 1) at t = 0 to the data at t = 1 whose velocity is that of the points' own mixture
    N(t x_i, (1 - t)^2), averaged over normal shifts of the place it is taken at, of size sigma (1 - t)."""
    mean, scale = x.mean(0), np.sqrt(x.var(0).mean())
    z, y = (x - mean) / scale, rng.standard_normal((n, x.shape[1]))
    for step in range(steps):
        t = step / steps
        target = 0.0
        for _ in range(draws):
            place = y + sigma * rng.standard_normal(y.shape)
            weight = -pairs(place, t * z) ** 2 / (2 * (1 - t) ** 2)
            weight = np.exp(weight - weight.max(1, keepdims=True))
            target = target + (weight / weight.sum(1, keepdims=True)) @ z / draws
        y = y + (target - y) / (1 - t) / steps
    return mean + scale * y


def matched_langevin(x, n, rng, choice, steps=200, draws=2):
    """MM-SOLD as its abstract has it (Yao, Paulin, arXiv:2605.14276): Langevin dynamics of n particles on the score of the data blurred by a width, averaged over
    normal shifts of the place; after each step an affine map gives the particles the data's mean and covariance."""
    width, shift = choice
    mean, scale = x.mean(0), np.sqrt(x.var(0).mean())
    z = (x - mean) / scale
    root = np.linalg.cholesky(np.cov(z.T))
    y = z[rng.integers(len(z), size=n)] + width * rng.standard_normal((n, x.shape[1]))
    step = width**2 / 4
    for _ in range(steps):
        score = 0.0
        for _ in range(draws):
            place = y + shift * rng.standard_normal(y.shape)
            weight = -pairs(place, z) ** 2 / (2 * width**2)
            weight = np.exp(weight - weight.max(1, keepdims=True))
            score = score + ((weight / weight.sum(1, keepdims=True)) @ z - place) / width**2 / draws
        y = y + step * score + np.sqrt(2 * step) * rng.standard_normal(y.shape)
        y = (y - y.mean(0)) @ np.linalg.solve(np.linalg.cholesky(np.cov(y.T)).T, root.T)
    return mean + scale * y


RIVALS = {"Riesz flow": (riesz_flow, [50, 150, 450]), "sigma-CFDM": (smoothed_diffusion, [0.05, 0.1, 0.2, 0.4]),
          "MM-SOLD": (matched_langevin, [(h, h) for h in (0.05, 0.15, 0.4)])}
OURS = {"kswgd": [], "kswgd, flow alone": ["--polish", "0"], "kswgd, polished": ["--polish", "20"]}


def library(binary, options, x, n, seed):
    with tempfile.TemporaryDirectory() as folder:
        data, model, out = (os.path.join(folder, name) for name in ("data.npy", "model.h5", "samples.npy"))
        np.save(data, x)
        subprocess.run([binary, "fit", data, "-o", model, "--ordered", "no", "--quiet", "--seed", str(seed)], check=True)
        subprocess.run([binary, "sample", model, "-n", str(n), "-o", out, "--quiet", "--seed", str(seed), *options], check=True)
        return np.load(out)


# ---------------------------------------------------------------- scores
def nearest(x, y, itself=False):
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=2 if itself else 1).fit(y).kneighbors(x)[0][:, -1]


def seconds():
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def scores(y, x, unseen, seed):
    from tables import sliced, told_apart

    n = min(len(y), len(unseen))
    known = np.vstack([x, unseen])
    strays = nearest(y, known) > np.quantile(nearest(unseen, known, itself=True), 0.999)
    return {"w2": sliced(y, unseen) / sliced(x, unseen), "auc": told_apart(y, unseen, seed),
            "memorisation": float(np.median(nearest(y, x)) / np.median(nearest(unseen, x))),
            "neighbours": float(np.median(nearest(y[:n], y[:n], itself=True)) / np.median(nearest(unseen[:n], unseen[:n], itself=True))), "strays": float(strays.mean())}


def summary(rows):
    lines = ["| data | method | sliced W2 | AUC | memorisation | neighbours | strays | CPU s |", "|---" * 8 + "|"]
    for name, method in dict.fromkeys((row["problem"], row["method"]) for row in rows):
        group = [row for row in rows if (row["problem"], row["method"]) == (name, method)]
        mean = {key: np.mean([row[key] for row in group]) for key in ("w2", "auc", "memorisation", "neighbours", "strays", "seconds")}
        lines.append(f"| {name} | {method} | {mean['w2']:.2f} | {mean['auc']:.3f} | {mean['memorisation']:.2f} | {mean['neighbours']:.2f} | {mean['strays']:.3f} | "
                     f"{mean['seconds']:.1f} |")
    return lines


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(root, "build", "openmp", "bin", "kswgd"))
    parser.add_argument("--problems", default="checkerboard 1000,spirals 1000,digits 500,digits 1000")
    parser.add_argument("--methods", default="", help="separated by semicolons (all): " + "; ".join([*OURS, *RIVALS]))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", help="what was found, a row for each run")
    options = parser.parse_args()
    rows = []
    for name in options.problems.split(","):
        for seed in range(options.seeds):
            x, unseen = problem(name, seed)
            for method in options.methods.split(";") if options.methods else [*OURS, *RIVALS]:
                start, best = seconds(), None
                if method in OURS:
                    y = library(options.binary, OURS[method], x, len(x), seed)
                else:
                    sampler, choices = RIVALS[method]
                    y, best = chosen(sampler, x, len(x), np.random.default_rng(1000 + seed), choices)
                row = {"problem": name, "method": method, "seed": seed, "seconds": seconds() - start, "choice": best, **scores(y, x, unseen, seed)}
                rows.append(row)
                print(f"{name:18} {method:18} seed {seed}  W2 {row['w2']:.2f}  AUC {row['auc']:.3f}  memorisation {row['memorisation']:.2f}  neighbours "
                      f"{row['neighbours']:.2f}  strays {row['strays']:.3f}  {row['seconds']:.1f} s  {best if best is not None else ''}", flush=True)
                if options.json:
                    with open(options.json, "w") as file:
                        json.dump(rows, file, indent=0)
    print("\n".join(summary(rows)))


if __name__ == "__main__":
    sys.exit(main())
