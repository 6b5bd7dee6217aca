# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""partial_fit: rows that come in parts."""

import pickle

import numpy as np
import pytest

import kswgd

SETTINGS = {"features": 50, "modes": 6, "ordered": "no"}


def test_one_part_is_a_fit(well):
    whole, part = kswgd.Generator(**SETTINGS).fit(well), kswgd.Generator(**SETTINGS).partial_fit(well)
    np.testing.assert_allclose(part.fitted_eigenvalues_[1:], whole.fitted_eigenvalues_[1:], rtol=1e-9)
    np.testing.assert_allclose(part.eigenvalues_[1:], whole.eigenvalues_[1:], rtol=1e-6)
    assert part.effective_samples_ == whole.effective_samples_


def test_parts_add_up(well):
    more = kswgd.datasets.exact("quadruple-well", 6000, random_state=4)
    stream = kswgd.Generator(**SETTINGS).partial_fit(well)
    for first in range(0, 6000, 1000):
        stream.partial_fit(more[first : first + 1000])
    assert stream.effective_samples_ == pytest.approx(7500)
    exact = np.array([0.74868167, 0.74868167, 1.49736334])
    np.testing.assert_allclose(stream.eigenvalues_[1:4], exact, rtol=0.1)
    assert stream.sample(100, random_state=1).shape == (100, 2)


def test_weights_count(well):
    weights = np.where(well[:, 0] > 0, 3.0, 1.0)
    stream = kswgd.Generator(**SETTINGS).partial_fit(well[:700], sample_weight=weights[:700]).partial_fit(well[700:], sample_weight=weights[700:])
    assert stream.effective_samples_ == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


def test_goes_on_from_pickles_and_files(well, tmp_path):
    first = kswgd.Generator(**SETTINGS).partial_fit(well[:1000])
    first.save(tmp_path / "first.h5")
    copies = [pickle.loads(pickle.dumps(first)), kswgd.load(tmp_path / "first.h5")]
    expected = first.partial_fit(well[1000:])
    for copy in copies:
        copy.ordered = "no"
        copy.partial_fit(well[1000:])
        np.testing.assert_allclose(copy.fitted_eigenvalues_[1:], expected.fitted_eigenvalues_[1:], rtol=1e-9)


def test_a_file_of_the_program_goes_on(program, well, tmp_path):
    np.save(tmp_path / "first.npy", well[:1000])
    np.save(tmp_path / "second.npy", well[1000:])
    program("fit", tmp_path / "first.npy", "-o", tmp_path / "kept.h5", "--keep-sums", "--features", 50, "--modes", 6, "--ordered", "no")
    program("fit", tmp_path / "second.npy", "--update", tmp_path / "kept.h5", "-o", tmp_path / "updated.h5", "--modes", 6, "--ordered", "no")
    here = kswgd.load(tmp_path / "kept.h5")
    here.ordered = "no"
    here.partial_fit(well[1000:])
    np.testing.assert_allclose(here.fitted_eigenvalues_[1:], kswgd.load(tmp_path / "updated.h5").fitted_eigenvalues_[1:], rtol=1e-9)


def test_refusals_say_what_is_wrong(well):
    with pytest.warns(UserWarning, match="begins with these rows alone"):
        after_fit = kswgd.Generator(**SETTINGS).fit(well[:500]).partial_fit(well)
    np.testing.assert_array_equal(after_fit.eigenvalues_, kswgd.Generator(**SETTINGS).partial_fit(well).eigenvalues_)
    with pytest.raises(ValueError, match="partial_fit has no hold_out"):
        kswgd.Generator(hold_out=10).partial_fit(well)
    with pytest.raises(ValueError, match="leave out dictionary"):
        kswgd.Generator(dictionary="fourier").partial_fit(well)
    with pytest.raises(ValueError, match="minimum of 3 samples"):
        kswgd.Generator().partial_fit(well[:2])
    with pytest.raises(ValueError, match="X has 1 features, but Generator is expecting 2 features as input"):
        kswgd.Generator(**SETTINGS).partial_fit(well).partial_fit(well[:, :1])
