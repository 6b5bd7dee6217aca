# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What users hand over, as float arrays that the compiled module reads where they are. What cannot be used is refused with a sentence."""

import os
import warnings

import numpy as np

from ._native import core


def is_sparse(x):
    return hasattr(x, "tocsr") or type(x).__module__.startswith("scipy.sparse")


def column_names(x):
    """Names of the columns of a data frame, as an object array; None where it has none, or where they are no strings."""
    columns = column_names_or_none(x)
    if columns is None or not hasattr(x, "shape") or len(x.shape) != 2:
        return None
    names = np.empty(len(columns), dtype=object)
    for k, name in enumerate(columns):
        names[k] = name
    text = [isinstance(name, str) for name in names]
    if len(names) == 0 or not any(text):
        return None
    if not all(text):
        kinds = sorted({type(name).__name__ for name in names})
        raise TypeError(
            "Feature names are only supported if all input features have string names, but your input has "
            f"{kinds} as feature name / column name types. If you want feature names to be stored and validated, you must convert them all to strings, "
            "by using X.columns = X.columns.astype(str) for example. Otherwise you can remove feature / column names from your data, or convert them all "
            "to a non-string data type."
        )
    return names


def _as_array(x, name):
    """x as an ndarray, without a copy where there is one."""
    if x is None:
        raise ValueError(f"{name} is None: points are an array of n rows and d columns")
    if is_sparse(x):
        raise TypeError(f"{name} is a sparse matrix; dense data is required: use {name}.toarray() to convert to a dense numpy array")
    if isinstance(x, np.ma.MaskedArray):
        if np.ma.getmaskarray(x).any():
            raise ValueError(f"{name} has masked entries, which stand for no number: fill them, or leave their rows out")
        return np.asarray(x.data)
    if isinstance(x, np.ndarray):
        return np.asarray(x)
    if column_names_or_none(x) is not None and hasattr(x, "to_numpy"):  # pandas, polars
        _no_times(x, name)
        return np.asarray(x.to_numpy())
    if hasattr(x, "__dlpack__") and hasattr(x, "__dlpack_device__"):
        return _from_dlpack(x, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getattr(np, "VisibleDeprecationWarning", getattr(np.exceptions, "VisibleDeprecationWarning", Warning)))
            return np.asarray(x)
    except Exception as error:  # whatever an object of somebody else raises
        raise ValueError(f"{name} is no table of numbers: {error}") from None


def _no_times(frame, name):
    """A frame of Polars makes days of dates, and microseconds of times, where they stand beside numbers."""
    try:
        times = [(column, kind) for column, kind in zip(frame.columns, frame.dtypes) if hasattr(kind, "is_temporal") and kind.is_temporal()]
    except Exception:
        return
    for column, kind in times:
        raise ValueError(f"{name} holds times (column {column!r} of {kind}): hand over numbers in a unit of your own")


def column_names_or_none(x):
    """What a data frame calls its columns."""
    try:
        columns = getattr(x, "columns", None)
        return None if columns is None or callable(columns) else list(columns)
    except Exception:
        return None


def _from_dlpack(x, name):
    kind = int(x.__dlpack_device__()[0])
    if kind not in (1, 3, 11, 13):  # memory of the host, pinned and managed memory
        raise ValueError(f"{name} lies on a device, and this build of kswgd computes on the host: move it first (x.cpu(), cupy.asnumpy(x), ...)")
    if getattr(x, "requires_grad", False):
        x = x.detach()
    try:
        return np.from_dlpack(x)
    except Exception as error:
        try:
            return np.asarray(x, dtype=None if hasattr(x, "__array__") else float)
        except Exception:
            raise ValueError(f"{name} cannot be read through DLPack: {error}") from None


def _as_floats(a, name):
    """The same numbers as float32 or float64 in the machine's byte order, at whole strides; the array itself where it is that already."""
    kind = a.dtype.kind
    if kind == "c":
        raise ValueError(f"Complex data not supported: {name} has the type {a.dtype}\n{a!r}"[:400])
    if kind == "V":
        raise ValueError(f"{name} is an array of records {a.dtype.names}: hand over its columns as n x d numbers")
    if kind in "mM":
        raise ValueError(f"{name} holds times ({a.dtype}): hand over numbers in a unit of your own")
    if kind in "US":
        raise ValueError(
            f"{name} holds text ({a.dtype}): dtype='numeric' is not compatible with arrays of bytes/strings. Convert your data to numeric values explicitly"
        )
    if kind == "O":
        for place, value in np.ndenumerate(a):
            if isinstance(value, (str, bytes)):
                raise ValueError(f"{name} holds objects that are no numbers: the text {value!r}{_at(place)}")
        try:
            a = a.astype(np.float64)
        except OverflowError as error:
            raise ValueError(f"{name} holds whole numbers that are too large: {error}") from None
        except (TypeError, ValueError) as error:
            raise _no_number(a, name, error) from None
    if a.dtype not in (np.float32, np.float64) or not a.dtype.isnative or not a.flags.aligned:
        a = a.astype(np.float32 if a.dtype.kind == "f" and a.dtype.itemsize == 4 else np.float64)  # float16, whole numbers, truth values, ...
    if any(stride % a.itemsize for stride in a.strides):
        a = a.copy()
    return a


def _at(place):
    return f" in row {place[0]}" + (f", column {place[1]}" if len(place) > 1 else "") + " (from 0)" if place else ""


def _no_number(objects, name, error):
    """What to raise for the first of the objects that is no number."""
    for place, value in np.ndenumerate(objects):
        try:
            float(value)
        except Exception:
            if value is None or type(value).__name__ in ("NAType", "NaTType"):
                return ValueError(f"Input {name} contains NaN: a missing value ({value!r}){_at(place)}")
            # scikit-learn's sentence and kind of error
            return TypeError(f"argument must be a string or a real number: {name} holds a {type(value).__name__}{_at(place)}, which is none")
    return ValueError(f"{name} holds objects that are no numbers: {error}")


def table(x, name="X", minimum=1):
    """n x d floats. ValueError for anything that is none."""
    a = _as_array(x, name)
    if a.ndim != 2:
        if a.ndim > 2:
            raise ValueError(f"Found array with dim {a.ndim}, while dim <= 2 is required: {name} must be n x d (trajectories are a list of such arrays)")
        what = "scalar array" if a.ndim == 0 else "1D array"
        raise ValueError(
            f"Expected 2D array, got {what} instead:\narray={str(a)[:200]}.\nReshape your data either using array.reshape(-1, 1) if your data has a single "
            "feature or array.reshape(1, -1) if it contains a single sample."
        )
    if a.shape[0] < minimum:
        raise ValueError(f"Found array with {a.shape[0]} sample(s) (shape={a.shape}) while a minimum of {minimum} is required.")
    if a.shape[1] < 1:
        raise ValueError(f"Found array with {a.shape[1]} feature(s) (shape={a.shape}) while a minimum of 1 is required.")
    return _as_floats(a, name)


def column(x, name, size, what="row", lengths=()):
    """A float64 for each of `size` rows; None for None. lengths: of the trajectories, where there are some: a list of arrays must have the same."""
    if x is None:
        return None
    if is_columns(x):  # one for each trajectory
        of_each_trajectory(x, name, lengths)
        x = np.concatenate([_as_floats(_as_array(part, name), name).astype(np.float64) for part in x])
    a = _as_array(x, name)
    if a.ndim == 2 and a.shape[1] == 1 and not isinstance(x, np.ndarray):
        a = a[:, 0]
    if a.ndim != 1:
        raise ValueError(f"{name} must be 1D array or scalar, got an array of shape {a.shape}")
    a = _as_floats(a, name).astype(np.float64)  # a copy: the caller's stays what it is
    if a.shape[0] != size:
        raise ValueError(f"{name}.shape == {a.shape}, expected {(size,)}: a number for each {what}")
    if not np.isfinite(a).all():
        raise ValueError(f"{name} contains NaN or infinity (the first in row {int(np.flatnonzero(~np.isfinite(a))[0])})")
    return a


def is_columns(x):
    """Whether x is a list of arrays in one dimension."""
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(getattr(part, "ndim", 0) == 1 for part in x)


def of_each_trajectory(x, name, lengths):
    """ValueError where a list of arrays, one for each trajectory, has others than these."""
    given = [len(part) for part in x]
    for k, (mine, wanted) in enumerate(zip(given, lengths)):
        if mine != wanted:
            raise ValueError(f"{name}[{k}] has {mine} numbers, but trajectory {k} has {wanted} rows")
    if lengths and len(given) != len(lengths):
        raise ValueError(f"{name} is a list of {len(given)} arrays, but there are {len(lengths)} trajectories")


def is_trajectories(x):
    """Whether x is a list of arrays, one for each trajectory."""
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(len(getattr(part, "shape", ())) == 2 for part in x)


def parts(x, name="X"):
    """(arrays, whether each is a trajectory)."""
    if is_trajectories(x):
        _same_columns(x, name)
        return [table(part, f"{name}[{k}]") for k, part in enumerate(x)], True
    return [table(x, name)], False


def _same_columns(frames, name):
    """ValueError where two data frames of a list name their columns otherwise."""
    names = [column_names(frame) for frame in frames]
    first = next((k for k, known in enumerate(names) if known is not None), 0)
    for k, other in enumerate(names):
        if other is not None and list(other) != list(names[first]):
            raise ValueError(
                f"{name}[{k}] has the columns {list(other)}, but {name}[{first}] has {list(names[first])}: all trajectories need the same ones in the same order"
            )


def finite(arrays, name="X"):
    """ValueError in scikit-learn's words for what is not finite. Nothing is copied: a sum that is finite says enough."""
    for a in arrays:
        with np.errstate(all="ignore"):
            if np.isfinite(np.sum(a, dtype=np.float64)):
                continue
            rows = max(1, 1_000_000 // a.shape[1])
            for first in range(0, a.shape[0], rows):
                some = a[first : first + rows]
                bad = ~np.isfinite(some)
                if bad.any():
                    i, k = np.argwhere(bad)[0]
                    kind = "NaN" if np.isnan(some[i, k]) else "infinity"
                    raise ValueError(f"Input {name} contains {kind}: row {first + i}, column {k} (from 0)")


def rows(x, weights=None, name="X", weights_name="sample_weight", frames=False, dt=None, ordered="auto"):
    """Data as the compiled module takes them. frames: a plain array is one trajectory."""
    if frames and is_columns(x):
        raise ValueError(
            f"{name} is a list of {len(x)} arrays in one dimension: trajectories in one coordinate are a list of x.reshape(-1, 1), the rows of one trajectory np.array({name})"
        )
    arrays, trajectories = parts(x, name)
    finite(arrays, name)
    lengths = [a.shape[0] for a in arrays]
    w = column(weights, weights_name, sum(lengths), lengths=lengths if trajectories or frames else ())
    if w is not None and not w.any():
        raise ValueError(f"{weights_name} is zero in all rows: at least one weight must be positive")
    return core().Rows(arrays, w, trajectories or frames, positive_or(dt, "dt", 0.0), word(ordered, "ordered", ("auto", "yes", "no"), {True: "yes", False: "no"}))


# Arguments.


def _whole(value):
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number == value else None


def count(value, name, least=1, most=10**15, others=""):
    """A whole number from least to most ("1e4" is none, 1e4 is one). others: what else may be given, for the sentence."""
    number = None if isinstance(value, str) else _whole(value)
    if number is None or not least <= number <= most:
        raise ValueError(f"{name} must be {others}a whole number from {least} to {most}, got {value!r}")
    return number


def count_or(value, name, otherwise, least=1, most=10**15):
    return otherwise if value is None else count(value, name, least, most)


def counts(values, name, least=1):
    """A list of whole numbers from one or from a row of them."""
    try:
        each = np.atleast_1d(np.asarray(values, dtype=object))
    except Exception as error:
        raise ValueError(f"{name} must be whole numbers: {error}") from None
    if each.ndim > 1 or each.size == 0:
        raise ValueError(f"{name} must be whole numbers, one after the other, got an array of shape {each.shape}")
    return [count(value, f"each of {name}", least) for value in each]


def seed(value, name="random_state"):
    """A seed of 64 bits: a whole number, None (0), or a NumPy generator, of which one is drawn."""
    if value is None:
        return 0
    if hasattr(value, "randint"):
        return int(value.randint(0, 2**31 - 1))
    if hasattr(value, "integers"):
        return int(value.integers(0, 2**63 - 1))
    return count(value, name, 0, 2**64 - 1)


def positive(value, name, others=""):
    """A finite positive number. others: what else may be given, for the sentence."""
    try:
        number = float("nan") if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if isinstance(value, (bool, np.bool_)) or not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be {others}a finite positive number, got {value!r}")
    return number


def positive_or(value, name, otherwise):
    return otherwise if value is None else positive(value, name)


def bandwidth(value):
    """"auto" (0) or a positive number."""
    return 0.0 if isinstance(value, str) and value == "auto" else positive(value, "bandwidth", "'auto' or ")


def word(value, name, words, others=None):
    if others and isinstance(value, (bool, np.bool_)) and bool(value) in others:
        return others[bool(value)]
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"{name} must be one of {', '.join(repr(w) for w in words)}, got {value!r}")
    return value


def text(value, name):
    """A text that files and C can hold."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text, got {value!r}")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{name} must be a text of Unicode without zeros, got {value!r}")
    return value


def path(value, name="path"):
    """The name of a file, of str, bytes or what has __fspath__."""
    try:
        found = os.fsdecode(value)
    except TypeError:
        raise TypeError(f"{name} must be the name of a file (str, bytes or pathlib.Path), got {type(value).__name__}") from None
    if not found:
        raise ValueError(f"{name} is empty: a file needs a name")
    return text(found, name)


def numbers(values, name, least=None):
    """A list of finite floats from a number or a row of numbers."""
    a = _as_array(values, name)
    if a.ndim > 1 or a.size == 0:
        raise ValueError(f"{name} must be numbers, one after the other, got an array of shape {a.shape}")
    result = _as_floats(a, name).astype(np.float64).reshape(-1).tolist()
    if not all(np.isfinite(v) for v in result) or (least is not None and any(v < least for v in result)):
        raise ValueError(f"{name} must be finite numbers{'' if least is None else f' of at least {least:g}'}, got {values!r}")
    return result
