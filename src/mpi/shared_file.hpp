// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <optional>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/reduction.hpp>
#include <string>
#include <vector>

#include "../io/hdf5.hpp"

// One HDF5 file that all ranks write: rank 0 lays it out, then each writes its rows.
namespace kswgd::mpi {

/// Whether this HDF5 lets several ranks write one file.
#ifdef H5_HAVE_PARALLEL
inline constexpr bool shares_files = true;
#else
inline constexpr bool shares_files = false;
#endif

/// This rank's rows of a dataset that is laid out.
struct SharedRows {
  std::string dataset;
  std::vector<hsize_t> row;            ///< the shape of a row
  std::function<double*(Index)> from;  ///< numbers of the rows from this one on, row after row; what they lie in may change with the next call
};

/// A file that rank 0 lays out and all ranks fill. They call each member together.
class SharedFile {
 public:
  /// lay_out(file): on rank 0, with the datasets in their full size. Throws Failure where HDF5 does not share files.
  SharedFile(const Reduction& ranks, std::string path, const std::function<void(io::AtomicFile&)>& lay_out);

  /// Each writes the rows [place.first, place.second) of each dataset, collectively and in pieces of at most 1 GiB. The file is opened for this alone: a rank
  /// that fails elsewhere would wait for the others in closing it, while they wait for its rows.
  void write(const std::vector<SharedRows>& parts, Span place);
  /// Whole or not at all.
  void commit();

 private:
  Reduction m_ranks;
  std::optional<io::AtomicFile> m_out;  // of rank 0
  std::string m_name;
};

/// Rows at once in pieces of 1 GiB.
Index rows_at_once(Index numbers_of_a_row);

}  // namespace kswgd::mpi
