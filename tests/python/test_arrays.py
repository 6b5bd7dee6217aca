# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each array is either right or refused with a sentence, and none is copied that need not be."""

import tracemalloc

import numpy as np
import pytest

import kswgd
from kswgd import _arrays
from kswgd._native import core
from odd import Foreign


def spectrum(X, **parameters):
    return kswgd.Generator(modes=4, **parameters).fit(X).eigenvalues_


@pytest.fixture(scope="module")
def expected(small):
    return spectrum(small)


def layouts(a):
    n, d = a.shape
    wide = np.zeros((n, 2 * d))
    wide[:, ::2] = a
    tall = np.zeros((3 * n, d))
    tall[::3] = a
    structured = np.zeros(n, dtype=[("tag", "i1"), ("x", float, (d,))])  # unaligned, strides that are no multiple of 8
    structured["x"] = a
    read_only = a.copy()
    read_only.flags.writeable = False
    return {
        "C": np.ascontiguousarray(a),
        "Fortran": np.asfortranarray(a),
        "columns": wide[:, ::2],
        "rows": tall[::3],
        "backwards": a[::-1].copy()[::-1],
        "columns backwards": a[:, ::-1].copy()[:, ::-1],
        "transposed": a.T.copy().T,
        "big endian": a.astype(">f8"),
        "structured": structured["x"],
        "read only": read_only,
        "memory map": np.frombuffer(a.tobytes()).reshape(a.shape),
        "list": a.tolist(),
        "tuple": tuple(map(tuple, a.tolist())),
        "objects": a.astype(object),
        "masked, none of it": np.ma.masked_array(a, mask=False),
        "matrix": np.asmatrix(a),
        "long double": a.astype(np.longdouble),
    }


@pytest.mark.parametrize("name", layouts(np.ones((2, 2))))
def test_layouts(name, small, expected):
    assert np.array_equal(spectrum(layouts(small)[name]), expected)


def test_single_precision(small):
    assert np.array_equal(spectrum(small.astype(np.float32)), spectrum(small.astype(np.float32).astype(float)))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "i4", "u8", ">i8", "f2"])
def test_numbers_of_other_types(dtype):
    X = np.random.default_rng(1).integers(0, 100, size=(80, 2)).astype(dtype)
    assert np.array_equal(spectrum(X), spectrum(X.astype(float)))


def test_truth_values():
    X = np.random.default_rng(1).normal(size=(80, 3))
    X[:, 2] = X[:, 2] > 0
    both = X.astype(object)
    both[:, 2] = X[:, 2].astype(bool)
    assert np.array_equal(spectrum(both), spectrum(X))
    assert _arrays.table(np.array([[True, False]])).tolist() == [[1.0, 0.0]]


def test_nothing_is_copied():
    X = np.random.default_rng(2).normal(size=(200_000, 8))
    tracemalloc.start()
    for view in (X, X.T.copy().T, X[::2], X[:, 1::3], X.astype(np.float32)):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        rows = _arrays.rows(view)
        assert tracemalloc.get_traced_memory()[1] - before < 0.2 * view.nbytes
        assert (rows.size, rows.dimension) == view.shape
    tracemalloc.stop()
    assert core().Rows([np.asfortranarray(X)]).reads_in_place()
    assert not core().Rows([X]).reads_in_place()  # the library holds one column after the other: here a copy must be made


def test_the_data_stay_as_they_are(small):
    for a in (small.copy(), np.asfortranarray(small)):
        before, weights = a.copy(), np.linspace(1, 2, len(a))
        model = kswgd.Generator(modes=4).fit(a, sample_weight=weights)
        model.transform(a), model.sample(50, start=a), kswgd.score(a, a + 1)
        assert np.array_equal(a, before) and np.array_equal(weights, np.linspace(1, 2, len(a)))


def test_samples_are_written_where_they_stay(fitted):
    out = np.empty((10, 3))  # the other order: refused, not copied and lost
    with pytest.raises(TypeError):
        fitted._model.sample(out, core().SampleOptions(), None)


class Text:
    def __str__(self):
        return "text"


REFUSED = {
    "none": (lambda X: None, "None"),
    "number": (lambda X: 3.0, "2D"),
    "vector": (lambda X: X[:, 0], "Reshape your data"),
    "cube": (lambda X: X[None], "dim 3"),
    "no rows": (lambda X: X[:0], r"0 sample\(s\)"),
    "no columns": (lambda X: X[:, :0], r"0 feature\(s\)"),
    "NaN": (lambda X: np.where(X == X[3, 1], np.nan, X), "contains NaN: row 3, column 1"),
    "infinity": (lambda X: np.where(X == X[3, 1], -np.inf, X), "contains infinity: row 3, column 1"),
    "masked": (lambda X: np.ma.masked_greater(X, 0), "masked entries"),
    "complex": (lambda X: X + 1j, "Complex data not supported"),
    "text": (lambda X: X.astype(str), "text"),
    "bytes": (lambda X: X.astype("S8"), "text"),
    "times": (lambda X: X.astype("M8[s]"), "times"),
    "durations": (lambda X: X.astype("m8[s]"), "times"),
    "records": (lambda X: np.zeros((60, 2), dtype=[("a", float), ("b", float)]), "records"),
    "ragged": (lambda X: [[1.0, 2.0], [3.0]] * 20, "no table of numbers"),
    "dictionary": (lambda X: {"a": 1}, "2D"),
    "words": (lambda X: np.array([["a", 1.0]] * 30, dtype=object), "no numbers"),
    "objects": (lambda X: np.array([[Text(), 1.0]] * 30, dtype=object), "argument must be"),
    "all the same": (lambda X: np.ones((60, 3)), "same"),
    "too few": (lambda X: X[:2], "2 sample"),
    "trajectories of other widths": (lambda X: [X, X[:, :2]], "2 columns"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(name, small):
    make, sentence = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=sentence):
        kswgd.Generator().fit(make(small))


@pytest.mark.parametrize(
    "weights, sentence",
    [
        (np.ones(59), "expected"),
        (np.ones((60, 2)), "1D"),
        (-np.ones(60), "weight"),
        (np.full(60, np.nan), "NaN"),
        (np.zeros(60), "positive"),
        (np.array(["a"] * 60), "text"),
    ],
)
def test_weights_are_refused(weights, sentence, small):
    with pytest.raises(ValueError, match=sentence):
        kswgd.Generator().fit(small, sample_weight=weights)


@pytest.mark.parametrize(
    "parameters",
    [
        dict(features=0), dict(features=2.5), dict(features="many"), dict(features=True), dict(modes=-1), dict(bandwidth=0), dict(bandwidth=np.nan),
        dict(bandwidth="wide"), dict(manifold="mars"), dict(dictionary="mars"), dict(coordinates="mars"), dict(hold_out=-2), dict(ordered="perhaps"), dict(dt=-1), dict(random_state=-1),
        dict(random_state=1.5), dict(reweight="no"), dict(diffusion="round"), dict(diffusion=np.eye(2)), dict(diffusion=np.ones((2, 3))), dict(conditioned=True),
        dict(dictionary="von-mises"), dict(lag=0),
    ],
)  # fmt: skip
def test_parameters_are_refused(parameters, small):
    with pytest.raises(ValueError):
        kswgd.Generator(**parameters).fit(small)


def test_data_frames(small, expected):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(small, columns=["phi", "psi", "chi"])
    model = kswgd.Generator(modes=4).fit(frame)
    assert np.array_equal(model.eigenvalues_, expected)
    assert list(model.feature_names_in_) == ["phi", "psi", "chi"]
    assert np.array_equal(model.transform(frame), kswgd.Generator(modes=4).fit(small).transform(small))
    with pytest.raises(ValueError, match="in the same order"):
        model.transform(frame[["psi", "phi", "chi"]])
    with pytest.raises(ValueError, match="NaN"):
        kswgd.Generator().fit(frame.mask(frame > 1))
    with pytest.raises((ValueError, TypeError)):
        kswgd.Generator().fit(frame.assign(name="a"))
    assert np.array_equal(spectrum(frame.astype("Float64")), expected)  # nullable numbers
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(small, schema=["phi", "psi", "chi"])
    assert list(kswgd.Generator(modes=4).fit(frame).feature_names_in_) == ["phi", "psi", "chi"]
    assert np.array_equal(spectrum(frame), expected)


def test_dlpack(small, expected):
    assert np.array_equal(spectrum(Foreign(small)), expected)
    assert np.array_equal(spectrum(Foreign(small.astype(np.float32))), spectrum(small.astype(np.float32)))
    assert np.shares_memory(_arrays.table(Foreign(small)), small)
    with pytest.raises(ValueError, match="device"):
        kswgd.Generator().fit(Foreign(small, device=2))
    torch = pytest.importorskip("torch")
    assert np.array_equal(spectrum(torch.from_numpy(small)), expected)
    assert np.array_equal(spectrum(torch.from_numpy(small).requires_grad_()), expected)


def test_samples_go_out_through_dlpack(fitted):
    samples = fitted.sample(40)
    assert np.shares_memory(np.from_dlpack(samples), samples)


def test_frames_of_trajectories_have_the_same_columns(walk):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(walk, columns=["x", "y"])
    good, turned = [frame[:2000], frame[2000:]], [frame[:2000], frame[2000:][["y", "x"]]]
    model = kswgd.Edmd(modes=2).fit(good)
    assert np.array_equal(model.eigenvalues_, kswgd.Edmd(modes=2).fit([walk[:2000], walk[2000:]]).eigenvalues_)
    for call in (kswgd.Edmd(modes=2).fit, model.transform, lambda X: kswgd.timescales(X, [1], bootstrap=0), lambda X: kswgd.states(model, X)):
        with pytest.raises(ValueError, match=r"\[1\] has the columns \['y', 'x'\], but X\[0\] has \['x', 'y'\]"):
            call(turned)


def test_trajectories_in_one_dimension_are_no_rows(walk):
    """Five walkers of 800 frames are not five frames in 800 coordinates."""
    walkers = list(walk[:, 0].reshape(5, 800))
    for call in (kswgd.Edmd().fit, lambda X: kswgd.timescales(X, [1]), lambda X: kswgd.kinetics.diffusion_matrix(X)):
        with pytest.raises(ValueError, match="reshape"):
            call(walkers)
    assert kswgd.Edmd(modes=1).fit([x.reshape(-1, 1) for x in walkers]).n_features_in_ == 1


def test_numbers_of_trajectories_have_their_lengths(walk):
    parts, short, swapped = [walk[:3000], walk[3000:]], [np.ones(3000), np.ones(999)], [np.ones(1000), np.ones(3000)]
    model = kswgd.Edmd(lag=4, modes=2).fit(parts, sample_weight=[np.ones(3000), np.ones(1000)])
    left, right = walk[:, 0] < -0.5, walk[:, 0] > 0.5
    one = kswgd.rates(model, parts, left, right)
    assert one == kswgd.rates(model, parts, [left[:3000], left[3000:]], [right[:3000], right[3000:]])
    expected = kswgd.kinetics.expect(model, parts, walk[:, 0], [1.0])
    assert np.array_equal(kswgd.kinetics.expect(model, parts, [walk[:3000, 0], walk[3000:, 0]], [1.0]), expected)
    for wrong in (short, swapped):
        for call in (
            lambda: kswgd.Edmd(lag=4).fit(parts, sample_weight=wrong),
            lambda: kswgd.Edmd(lag=4).fit(parts, tilt=wrong),
            lambda: kswgd.timescales(parts, [1], sample_weight=wrong),
            lambda: kswgd.kinetics.expect(model, parts, wrong, [1.0]),
            lambda: kswgd.rates(model, parts, [part > 0 for part in wrong], right),
        ):
            with pytest.raises(ValueError, match=r"\[[01]\] has \d+ numbers, but trajectory [01] has \d+ rows"):
                call()
    with pytest.raises(ValueError, match="list of 3 arrays, but there are 2 trajectories"):
        kswgd.Edmd(lag=4).fit(parts, sample_weight=[np.ones(3000), np.ones(1000), np.ones(1)])


def test_sentences_say_where(small):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(small, columns=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"contains NaN: a missing value \(<NA>\) in row 1, column 3"):
        kswgd.Generator().fit(frame.assign(d=pandas.array([1, None, 3] * 20, dtype="Int64")))
    with pytest.raises(TypeError, match="X holds a Timestamp in row 0, column 3"):
        kswgd.Generator().fit(frame.assign(d=pandas.Timestamp("2020-01-01")))
    with pytest.raises(ValueError, match="the text 'w' in row 2, column 3"):
        kswgd.Generator().fit(frame.assign(d=pandas.Series([1.0, 2.0, "w"] * 20, dtype=object)))


def test_times_of_polars_are_no_numbers(small):
    """Beside numbers Polars makes days of dates and microseconds of times, without a word."""
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(small, schema=["a", "b", "c"])
    for times in (polars.date(2020, 1, 1), polars.datetime(2020, 1, 1), polars.duration(days=1)):
        with pytest.raises(ValueError, match="X holds times .column 'd'"):
            kswgd.Generator().fit(frame.with_columns(times.alias("d")))


def test_names_of_files(fitted, small, tmp_path):
    fitted.save(str(tmp_path / "m.h5").encode())
    assert np.array_equal(kswgd.load(str(tmp_path / "m.h5").encode()).transform(small), fitted.transform(small))
    for name, kind, sentence in (("", ValueError, "needs a name"), ("a\0b.h5", ValueError, "without zeros"), ("\udcff.h5", ValueError, "Unicode"), (3, TypeError, "name of a file")):
        for call in (fitted.save, kswgd.load, kswgd.Generator.load, lambda name: fitted.sample(5, path=name), lambda name: fitted.sample(5, given={0: 0.0}, path=name)):
            with pytest.raises(kind, match=sentence):
                call(name)
    for names in (["a\0", "b", "c"], ["\udcff", "b", "c"]):
        with pytest.raises(ValueError, match="name of a column"):
            kswgd.Generator().fit(pytest.importorskip("pandas").DataFrame(small, columns=names))


def test_columns_of_one_name(small):
    pandas = pytest.importorskip("pandas")
    model = kswgd.Generator(modes=4).fit(pandas.DataFrame(small, columns=["a", "b", "a"]))
    with pytest.raises(ValueError, match="2 columns are named 'a'"):
        model.sample(10, given={"a": 0.0})
    with pytest.warns(kswgd.DoubtfulSamples):
        assert np.all(model.sample(10, given={2: 0.25})[:, 2] == 0.25)
