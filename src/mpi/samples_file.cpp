// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../io/samples_layout.hpp"

#include <kswgd/mpi/samples_file.hpp>
#include <mpi.h>

#include <algorithm>
#include <optional>

namespace kswgd::mpi {
namespace {

#ifdef H5_HAVE_PARALLEL
constexpr Index most = Index{1} << 27;  // doubles in a piece: 1 GiB

void must(bool good, const std::string& path, const char* what) {
  if (!good) throw Failure("kswgd::mpi: '" + path + "': " + what + " failed" + io::hdf5::last_error());
}

/// All ranks write their rows into the dataset that is laid out in the file.
void write_rows(const Reduction& ranks, const std::string& file_name, const HostPoints& here, Span place) {
  using io::hdf5::Handle;
  const io::hdf5::Quiet quiet;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  must(H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL) >= 0 && H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE) >= 0, file_name, "MPI-IO");
  const Handle file(H5Fopen(file_name.c_str(), H5F_ACC_RDWR, access), H5Fclose);
  must(file.valid(), file_name, "opening");
  const Handle set(H5Dopen2(file, "/samples", H5P_DEFAULT), H5Dclose);
  must(set.valid(), file_name, "opening /samples");
  const Handle space(H5Dget_space(set), H5Sclose);
  const Index columns = kswgd::columns(here), at_once = std::max<Index>(1, most / std::max<Index>(1, columns));
  const auto longest = static_cast<Index>(ranks.max(static_cast<double>(rows(here))));
  std::vector<double> buffer;
  for (Index first = 0; first < longest; first += at_once) {  // as often on every rank
    const Index count = std::clamp<Index>(rows(here) - first, 0, at_once);
    const hsize_t start[2] = {static_cast<hsize_t>(place.first + first), 0}, extent[2] = {static_cast<hsize_t>(count), static_cast<hsize_t>(columns)};
    const Handle memory(H5Screate_simple(2, extent, nullptr), H5Sclose);
    if (count > 0) {
      must(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, extent, nullptr) >= 0, file_name, "selecting rows");
    } else {
      H5Sselect_none(space);
      H5Sselect_none(memory);
    }
    buffer.resize(static_cast<std::size_t>(count * columns));
    for (Index i = 0; i < count; ++i)
      for (Index k = 0; k < columns; ++k) buffer[static_cast<std::size_t>(i * columns + k)] = here(first + i, k);
    must(H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, transfer, buffer.data()) >= 0, file_name, "writing /samples");
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
#endif

}  // namespace

void write_samples(const Reduction& ranks, const std::string& path, const HostPoints& here, Span place, Index total, const FlowReport& report,
                   const io::FileStamp& stamp, const std::vector<std::string>& columns) {
#ifdef H5_HAVE_PARALLEL
  if (!ranks.is_alone() && io::format_of(path) == "h5") {
    std::optional<io::AtomicFile> out;
    if (ranks.is_first()) {
      out.emplace(path);
      const std::vector<hsize_t> shape{static_cast<hsize_t>(total), here.extent(1)};
      io::write_samples(
          *out, [&](io::hdf5::File& file) { file.lay_out("/samples", shape); }, report, stamp, columns);
    }
    ranks.agree();  // the file is there
    write_rows(ranks, shared_name(out ? out->temporary() : ""), here, place);
    ranks.agree();  // and whole
    if (out) out->commit();
    return;
  }
#endif
  const HostPoints all = ranks.gather(here, place, total);
  if (ranks.is_first()) io::write_samples(path, all, report, stamp, columns);
}

}  // namespace kswgd::mpi
