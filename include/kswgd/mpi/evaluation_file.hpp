// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/evaluation_file.hpp>
#include <kswgd/support/reduction.hpp>

/// @file
/// What a model says at the points of many ranks, in one file.

namespace kswgd::mpi {

/// As io::write_evaluation, for the ranks that mpi::begin returned, which call it together: walk gives the results at the points [place.first, place.second)
/// of this rank, and places as many parts with the same results on each rank (of no points where a rank has no more). With a parallel HDF5 each writes
/// its own parts; with a serial one, and for .npy and .csv, ranks hold theirs and rank 0 gathers and writes all.
void write_evaluation(const Reduction& ranks, const std::string& path, const io::EvaluationShape& shape, Span place, const io::FileStamp& stamp,
                      const std::function<void(const io::PlaceResults&)>& walk);

}  // namespace kswgd::mpi
