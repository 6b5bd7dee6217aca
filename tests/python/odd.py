# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Odd arrays by number, each with what it stands for, which is known because it was made from it."""

import datetime
import decimal
import fractions
import functools
import warnings

import numpy as np

COUNT = 240
#: What a table stands for when nobody can say: it must be refused.
REFUSED = None


def optional(name):
    try:
        return __import__(name)
    except ImportError:
        return None


pandas, polars, torch = optional("pandas"), optional("polars"), optional("torch")


# Numbers.


def contents(rng, shape):
    """Floats of a shape: ordinary ones, and those that a careless function breaks at."""
    kind = rng.choice(["normal", "normal", "lattice", "constant", "column", "huge", "tiny", "far", "clusters", "repeated", "line", "heavy"])
    x = rng.normal(size=shape)
    n = shape[0]
    if kind == "lattice":
        x = np.round(x)
    elif kind == "constant":
        x = np.full(shape, 3.0)
    elif kind == "column" and x.size:
        x[..., 0] = 1e5
    elif kind == "huge":
        x = x * 10.0 ** rng.integers(100, 308)
    elif kind == "tiny":
        x = x * 10.0 ** -rng.integers(100, 320)
    elif kind == "far":
        x = x + 1e15
    elif kind == "clusters":
        x = x * 1e-6 + rng.integers(0, 3, size=(n,) + (1,) * (len(shape) - 1))
    elif kind == "repeated" and n:
        x = x[rng.integers(0, max(1, n // 6), size=n)]
    elif kind == "line" and len(shape) == 2 and x.size:
        x = x[:, :1] * np.arange(1, shape[1] + 1)
    elif kind == "heavy":
        x = rng.standard_cauchy(size=shape) ** 3
    return x


class Foreign:
    """An array of another library, which NumPy knows through DLPack alone."""

    def __init__(self, a, device=1):
        self.a, self.device, self.shape = a, device, a.shape

    def __dlpack__(self, **options):
        return self.a.__dlpack__(**options)

    def __dlpack_device__(self):
        return (self.device, 0)


class AsArray:
    """An object of somebody else that says what it is as an array."""

    def __init__(self, a):
        self.a = a

    def __array__(self, dtype=None, copy=None):
        return self.a if dtype is None else self.a.astype(dtype)


class Broken:
    """An object that claims to be an array and cannot keep it."""

    shape, ndim, columns = (3, 2), 2, property(lambda self: 1 / 0)

    def __array__(self, *arguments, **options):
        raise RuntimeError("no")


class Subclass(np.ndarray):
    pass


# How they are handed over. Each takes floats and a generator, and returns the object and what it stands for.


def typed(dtype):
    def dress(x, rng):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            same = x.astype(dtype)
            return same, same.astype(float)

    return dress


def laid_out(change):
    return lambda x, rng: (change(x), x)


def wide(x):
    """Rows that are a mebibyte apart; memory that nobody touches is not there."""
    memory = np.empty((x.shape[0], 1 << 17))[:, 5:][:, : x.shape[1] if x.ndim == 2 else 1]
    memory[...] = x.reshape(memory.shape)
    return memory if x.ndim == 2 else memory[:, 0]


def unaligned(x):
    raw = np.zeros(x.nbytes + 1, dtype=np.uint8)[1:].view(float).reshape(x.shape)
    raw[...] = x
    return raw


def field(x):
    records = np.zeros(len(x), dtype=[("tag", "i1"), ("x", float, x.shape[1:])])
    records["x"] = x
    return records["x"]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def spaced(x):
    return np.repeat(x, 2, 0)[::2] if x.ndim == 1 else np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3]


def poisoned(value):
    def dress(x, rng):
        x = x.copy()
        if x.size == 0:
            return x, x
        x.flat[rng.integers(x.size)] = value
        return x, x if np.isfinite(value) else REFUSED

    return dress


def repeated_row(x, rng):
    same = np.broadcast_to(x[:1], x.shape) if len(x) else x
    return same, np.array(same)


def masked(share):
    def dress(x, rng):
        mask = rng.random(x.shape) < share
        return np.ma.masked_array(x, mask=mask), REFUSED if mask.any() else x

    return dress


def objects(convert):
    def dress(x, rng):
        found = np.empty(x.shape, dtype=object)
        for place in np.ndindex(x.shape):
            found[place] = convert(x[place])
        return found, x

    return dress


def one_object(value):
    def dress(x, rng):
        found = x.astype(object)
        if found.size:
            found.flat[rng.integers(found.size)] = value
        return found, REFUSED if found.size else x

    return dress


def refused(make):
    return lambda x, rng: (make(x), REFUSED)


DRESSES = {
    "C": laid_out(np.ascontiguousarray),
    "Fortran": laid_out(np.asfortranarray),
    "backwards": laid_out(lambda x: x[(slice(None, None, -1),) * x.ndim].copy()[(slice(None, None, -1),) * x.ndim]),
    "spaced": laid_out(spaced),
    "a mebibyte apart": laid_out(wide),
    "unaligned": laid_out(unaligned),
    "field": laid_out(field),
    "read only": laid_out(read_only),
    "bytes": laid_out(lambda x: np.frombuffer(x.tobytes() or b"", dtype=float).reshape(x.shape)),
    "subclass": laid_out(lambda x: x.view(Subclass)),
    "list": laid_out(lambda x: x.tolist()),
    "tuple": laid_out(lambda x: tuple(x.tolist())),
    "list of rows": laid_out(lambda x: list(x) if x.ndim == 1 else [row.tolist() for row in x]),
    "memory view": laid_out(lambda x: memoryview(np.ascontiguousarray(x))),
    "as an array": laid_out(AsArray),
    "DLPack": laid_out(Foreign),
    "single DLPack": lambda x, rng: (Foreign(x.astype("f4")), x.astype("f4").astype(float)),
    "one row again and again": repeated_row,
    "masked, none": masked(0),
    "masked, some": masked(0.05),
    "objects": objects(float),
    "NumPy's objects": objects(np.float64),
    "fractions": objects(lambda v: fractions.Fraction(v) if np.isfinite(v) else v),
    "decimals": objects(decimal.Decimal),
    "NaN": poisoned(np.nan),
    "infinity": poisoned(-np.inf),
    "subnormal": poisoned(5e-324),
    "minus zero": poisoned(-0.0),
    "largest": poisoned(np.finfo(float).max),
    "None": one_object(None),
    "word": one_object("a"),
    "date": one_object(datetime.date(2020, 1, 1)),
    "a list inside": one_object([1.0]),
    "too large an integer": one_object(10**400),
    "complex object": one_object(1j),
    **{dtype: typed(dtype) for dtype in ("f4", ">f8", ">f4", "f2", "g", "i1", "i4", ">i8", "u8", "?")},
    **{dtype: refused(lambda x, dtype=dtype: typed(dtype)(x, None)[0] if dtype == "c16" else np.zeros(x.shape, dtype)) for dtype in ("c16", "U8", "S8", "M8[s]", "m8[ns]", "V8")},
    "records": refused(lambda x: np.zeros(x.shape, dtype=[("a", float), ("b", float)])),
    "ragged": refused(lambda x: [[1.0, 2.0], [3.0]] * 20),
    "generator": refused(lambda x: (row for row in x)),
    "dictionary": refused(lambda x: {"a": x}),
    "set": refused(lambda x: {1.0, 2.0}),
    "text": refused(lambda x: "text"),
    "nothing": refused(lambda x: None),
    "ellipsis": refused(lambda x: ...),
    "a number": refused(lambda x: np.array(3.0)),
    "one axis more": refused(lambda x: np.broadcast_to(x[None], (2, *x.shape)) if x.ndim == 1 else x[None]),
    "a list of nothing": refused(lambda x: []),
    "broken": refused(lambda x: Broken()),
    "on a device": refused(lambda x: Foreign(x, device=2)),
    "class": refused(lambda x: np.ndarray),
}

if pandas is not None:

    def frame(x, **options):
        return pandas.DataFrame(x, **options) if x.ndim == 2 else pandas.Series(x, **options)

    def missing(x):
        found = frame(x).astype("Float64")
        if x.size:
            found.iloc[(0,) * x.ndim] = pandas.NA
        return found

    def numbered(x):
        return frame(np.nan_to_num(np.clip(x, -1e9, 1e9)).round().astype("i8"))

    DRESSES |= {
        "pandas": laid_out(frame),
        "pandas, rows out of order": laid_out(lambda x: frame(x, index=np.arange(len(x))[::-1])),
        "pandas, numbers that may be missing": laid_out(lambda x: frame(x).astype("Float64")),
        "pandas, whole": lambda x, rng: (numbered(x).astype("Int64"), numbered(x).to_numpy().astype(float)),
        "pandas, one missing": lambda x, rng: (missing(x), REFUSED if x.size else x),
        "pandas, categories": refused(lambda x: frame(x).astype(str).astype("category")),
        "pandas, times": refused(lambda x: frame(np.zeros(x.shape, "M8[ns]"))),
        "pandas, words": refused(lambda x: frame(np.full(x.shape, "a", dtype=object))),
    }
if polars is not None:
    DRESSES |= {
        "polars": laid_out(lambda x: polars.DataFrame(x, schema=[f"p{k}" for k in range(x.shape[1])]) if x.ndim == 2 else polars.Series(x)),
        "polars, one missing": refused(lambda x: polars.DataFrame({"p": [None, 1.0, 2.0] * 20}) if x.ndim == 2 else polars.Series([None] * 60)),
    }
if torch is not None:
    DRESSES |= {
        "torch": laid_out(lambda x: torch.from_numpy(np.ascontiguousarray(x))),
        "torch with a gradient": laid_out(lambda x: torch.from_numpy(np.ascontiguousarray(x)).requires_grad_()),
        "torch, sparse": refused(lambda x: torch.from_numpy(np.ascontiguousarray(x)).to_sparse()),
    }

#: Tables alone.
TRAJECTORIES = "trajectories"
#: The first so many numbers are one of each kind.
KINDS = len(DRESSES) + 1


@functools.cache
def odd_table(number, shape=None):
    """(description, object, what it stands for: n x d floats, a list of these for trajectories, or REFUSED). The same for the same number. shape: of most of them."""
    rng = np.random.default_rng(number)
    names = [*DRESSES, TRAJECTORIES]
    name = names[number % len(names)]
    x = contents(np.random.default_rng(1000 + number % 25), shape or (rng.choice([20, 21, 40]), rng.choice([1, 2, 3, 3, 3])))
    if rng.random() < 0.2:  # hardly any
        x = x[: rng.choice([0, 1, 2, 3, 5]), : rng.choice([0, 1, 2])]
    if name == TRAJECTORIES:
        x = contents(rng, shape or (90, 3))
        cut = [x[:30], np.asfortranarray(x[30:50]), x[50:].astype("f4")]
        return name, cut, [x[:30], x[30:50], x[50:].astype("f4").astype(float)]
    made, stands_for = DRESSES[name](x, rng)
    return name, made, stands_for


@functools.cache
def odd_column(number, size):
    """The same for `size` numbers, sometimes another count of them (which no function takes) and not negative for every other one."""
    rng = np.random.default_rng(number)
    name = list(DRESSES)[number % len(DRESSES)]
    count = size if rng.random() < 0.8 else rng.choice([0, 1, size - 1, size + 1])
    x = contents(np.random.default_rng(2000 + number % 25), (count,))
    made, stands_for = DRESSES[name](np.abs(x) if number % 3 else x, rng)
    return name, made, stands_for
