// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "shared_file.hpp"

#include <mpi.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace kswgd::mpi {

Index rows_at_once(Index numbers_of_a_row) { return std::max<Index>(1, (Index{1} << 27) / std::max<Index>(1, numbers_of_a_row)); }

#ifdef H5_HAVE_PARALLEL

namespace {

void must(bool good, const std::string& path, const char* what) {
  if (!good) throw Failure("kswgd::mpi: '" + path + "': " + what + " failed" + io::hdf5::last_error());
}

/// All ranks write their rows into the dataset that is laid out in the file.
void write_rows(const Reduction& ranks, const io::hdf5::Handle& file, const std::string& file_name, const SharedRows& rows, Span place) {
  using io::hdf5::Handle;
  const Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  must(H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE) >= 0, file_name, "MPI-IO");
  const Handle set(H5Dopen2(file, rows.dataset.c_str(), H5P_DEFAULT), H5Dclose);
  must(set.valid(), file_name, "opening a dataset");
  const Handle space(H5Dget_space(set), H5Sclose);
  const Index width = std::accumulate(rows.row.begin(), rows.row.end(), Index{1}, std::multiplies<>()), at_once = rows_at_once(width);
  const Index here = place.second - place.first;
  const auto longest = static_cast<Index>(ranks.max(static_cast<double>(here)));
  for (Index first = 0; first < longest; first += at_once) {  // as often on every rank
    const Index count = std::clamp<Index>(here - first, 0, at_once);
    std::vector<hsize_t> start(rows.row.size() + 1, 0), extent{static_cast<hsize_t>(count)};
    start[0] = static_cast<hsize_t>(place.first + first);
    extent.insert(extent.end(), rows.row.begin(), rows.row.end());
    const Handle memory(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
    if (count > 0) {
      must(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr) >= 0, file_name, "selecting rows");
    } else {
      H5Sselect_none(space);
      H5Sselect_none(memory);
    }
    const double nothing = 0;
    must(H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, transfer, count > 0 ? rows.from(first) : &nothing) >= 0, file_name, "writing rows");
  }
}

/// What rank 0 calls the file.
std::string shared_name(const std::string& name) {
  int length = static_cast<int>(name.size());
  MPI_Bcast(&length, 1, MPI_INT, 0, MPI_COMM_WORLD);
  std::string shared = name;
  shared.resize(static_cast<std::size_t>(length));
  MPI_Bcast(shared.data(), length, MPI_CHAR, 0, MPI_COMM_WORLD);
  return shared;
}

}  // namespace

SharedFile::SharedFile(const Reduction& ranks, std::string path, const std::function<void(io::AtomicFile&)>& lay_out)
    : m_ranks(ranks), m_name(std::move(path)) {
  if (ranks.is_first()) {
    m_out.emplace(m_name);
    lay_out(*m_out);
  }
  ranks.agree();  // the file is there
  m_name = shared_name(m_out ? m_out->temporary() : "");
}

void SharedFile::write(const std::vector<SharedRows>& parts, Span place) {
  using io::hdf5::Handle;
  m_ranks.agree();
  const io::hdf5::Quiet quiet;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  must(H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL) >= 0, m_name, "MPI-IO");
  const Handle file(H5Fopen(m_name.c_str(), H5F_ACC_RDWR, access), H5Fclose);
  must(file.valid(), m_name, "opening");
  for (const SharedRows& rows : parts) write_rows(m_ranks, file, m_name, rows, place);
}

void SharedFile::commit() {
  m_ranks.agree();  // it is whole
  if (m_out) m_out->commit();
}

#else

SharedFile::SharedFile(const Reduction& ranks, std::string path, const std::function<void(io::AtomicFile&)>&) : m_ranks(ranks), m_name(std::move(path)) {
  throw Failure("kswgd::mpi: '" + m_name + "': this HDF5 does not let several ranks write one file");
}
void SharedFile::write(const std::vector<SharedRows>&, Span) {}
void SharedFile::commit() {}

#endif

}  // namespace kswgd::mpi
