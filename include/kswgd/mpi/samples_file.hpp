// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/samples_file.hpp>

/// @file
/// Samples of many ranks in one file.

namespace kswgd::mpi {

/// As io::write_samples, for the ranks that mpi::begin returned, which call it together: `here` are the rows [place.first, place.second) of
/// `total`. With a parallel HDF5 each rank writes its own, collectively and in pieces of at most 1 GiB; with a serial one, and for .npy and
/// .csv, rank 0 gathers and writes all. Rank 0 puts the file in its place.
void write_samples(const Reduction& ranks, const std::string& path, const HostPoints& here, Span place, Index total, const FlowReport& report,
                   const io::FileStamp& stamp, const std::vector<std::string>& columns);

}  // namespace kswgd::mpi
