// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/evaluation_file.hpp>
#include <kswgd/support/reduction.hpp>

/// @file
/// What a model says at the points of many ranks, in one file.

namespace kswgd::mpi {

/// As io::write_evaluation, for the ranks that mpi::begin returned, which call it together: `here` is of the points [place.first, place.second) of `total`,
/// with the same results on each rank. With a parallel HDF5 each writes its own; with a serial one, and for .npy and .csv, rank 0 gathers and writes all.
void write_evaluation(const Reduction& ranks, const std::string& path, const io::Evaluation& here, Span place, Index total, const io::FileStamp& stamp);

}  // namespace kswgd::mpi
