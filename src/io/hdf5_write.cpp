// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"

#include <kswgd/support/check.hpp>
#include <sys/mman.h>

#include <algorithm>
#include <utility>

namespace kswgd::io::hdf5 {

namespace {

/// A file of the memory alone, in which what nobody has written takes none: its descriptor, or -1 where the system has none.
int memory_file() {
#ifdef MFD_CLOEXEC
  return memfd_create("kswgd", MFD_CLOEXEC);
#else
  return -1;
#endif
}

/// How a file is accessed, and the file, valid or not. In HDF5's memory, where the name is not seen on the disk, or under that name.
std::pair<Handle, Handle> made(const std::string& name, unsigned user_block, bool in_memory) {
  constexpr std::size_t growth = std::size_t{1} << 22;  // of a file in HDF5's memory
  const Handle properties(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  const bool set = (user_block == 0 || H5Pset_userblock(properties, user_block) >= 0) &&
                   (in_memory ? H5Pset_fapl_core(access, growth, false) : H5Pset_fapl_stdio(access)) >= 0 &&
                   H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST) >= 0;
  Handle file(set ? H5Fcreate(name.c_str(), H5F_ACC_TRUNC, properties, access) : -1, H5Fclose);
  return {std::move(access), std::move(file)};
}

/// A dataset, and the groups on the way to it; valid or not.
Handle new_dataset(hid_t file, const std::string& name, hid_t type, hid_t space, hid_t properties) {
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  return Handle(H5Dcreate2(file, name.c_str(), type, space, links, properties, H5P_DEFAULT), H5Dclose);
}

}  // namespace

File File::create(AtomicFile& out, unsigned user_block) {
  const Quiet quiet;
  auto [access, file] = made(out.temporary(), user_block, true);
  if (!file.valid()) throw Failure("kswgd::io: '" + out.path() + "' cannot be laid out in memory");
  return File(out.path(), std::move(access), std::move(file), &out, user_block, nullptr);
}

File File::create_for_parts(AtomicFile& out, Index numbers, unsigned user_block, bool sparse) {
  constexpr std::size_t most_beside = std::size_t{1} << 18;  // bytes of headers and attributes
  out.set_size(static_cast<std::size_t>(numbers) * sizeof(double) + most_beside);
  const Quiet quiet;
  const int descriptor = sparse ? memory_file() : -1;
  std::unique_ptr<NumbersFile> layout = descriptor < 0 ? nullptr : std::make_unique<NumbersFile>(out.path(), descriptor);
  // Other drivers than stdio's ask what links lead to, and that of a file of the memory leads nowhere.
  auto [access, file] = made(layout ? "/proc/self/fd/" + std::to_string(descriptor) : out.temporary(), user_block, !layout);
  if (!file.valid() && layout) return create_for_parts(out, numbers, user_block, false);  // no /proc
  if (!file.valid()) throw Failure("kswgd::io: '" + out.path() + "' cannot be laid out in memory");
  File result(out.path(), std::move(access), std::move(file), &out, user_block, nullptr);
  result.m_in_parts = true;
  result.m_layout = std::move(layout);
  return result;
}

Index File::make_room(const std::string& dataset, const std::vector<hsize_t>& shape) {
  const Quiet quiet;
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  // Without the second in which it was made: the same results are the same bytes.
  const bool set = H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY) >= 0 && H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER) >= 0 &&
                   H5Pset_obj_track_times(properties, false) >= 0;
  checked(set ? 0 : -1, dataset, "laying out");
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const Handle created = new_dataset(m_file, dataset, H5T_NATIVE_DOUBLE, space, properties);
  checked(created.valid() ? 0 : -1, dataset, "creating");
  const auto size = static_cast<Index>(H5Sget_simple_extent_npoints(space)) * static_cast<Index>(sizeof(double));
  if (size == 0) return 0;
  const haddr_t place = H5Dget_offset(created);
  checked(place != HADDR_UNDEF ? 0 : -1, dataset, "laying out");
  const auto first = static_cast<Index>(place);
  m_rooms.emplace_back(first, first + size);
  return first;
}

/// What HDF5 has written itself, into a file of the right length.
void File::put_all_but_rooms() {
  checked(H5Fflush(m_file, H5F_SCOPE_GLOBAL), "the file", "laying out");
  void* memory = nullptr;
  if (!m_layout) checked(H5Fget_vfd_handle(m_file, m_access, &memory), "the file", "laying out");
  const Index size = m_layout ? m_layout->size() : static_cast<Index>(H5Fget_file_image(m_file, nullptr, 0)) + static_cast<Index>(m_user_block);
  checked(size > 0 ? 0 : -1, "the file", "laying out");
  m_out->set_size(static_cast<std::size_t>(size));
  std::vector<char> piece;
  Index at = 0;
  const auto put_until = [&](Index end) {
    const auto offset = static_cast<std::size_t>(at), count = static_cast<std::size_t>(end - at);
    if (!m_layout) return m_out->overwrite(offset, *static_cast<unsigned char**>(memory) + offset, count);
    piece.resize(count);
    checked(m_layout->read_bytes(at, piece.data(), count) == count ? 0 : -1, "the file", "laying out");
    m_out->overwrite(offset, piece.data(), count);
  };
  std::sort(m_rooms.begin(), m_rooms.end());
  for (const auto& [first, last] : m_rooms) {
    put_until(first);
    at = last;
  }
  put_until(size);
}

void File::checked(herr_t status, const std::string& object, const char* what) const {
  if (status < 0) throw Failure("kswgd::io: '" + m_path + "': " + what + " " + object + " failed (is there memory left?)" + last_error());
}

void File::write(const std::string& dataset, hid_t memory_type, hid_t file_type, const void* values, const std::vector<hsize_t>& shape) {
  const Quiet quiet;
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const Handle set = new_dataset(m_file, dataset, file_type, space, H5P_DEFAULT);
  checked(set.valid() ? 0 : -1, dataset, "creating");
  const bool empty = std::any_of(shape.begin(), shape.end(), [](hsize_t extent) { return extent == 0; });
  if (values && !empty) checked(H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), dataset, "writing");
}

void File::write_array(const std::string& dataset, const double* values, const std::vector<hsize_t>& shape) {
  write(dataset, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, values, shape);
}

void File::write_matrix(const std::string& dataset, const HostPoints& values) {
  const std::size_t rows = values.extent(0), columns = values.extent(1);
  std::vector<double> row_major(rows * columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t k = 0; k < columns; ++k) row_major[i * columns + k] = values(i, k);
  write_array(dataset, row_major.data(), {rows, columns});
}

void File::write_vector(const std::string& dataset, const std::vector<double>& values) { write_array(dataset, values.data(), {values.size()}); }

void File::write_integers(const std::string& dataset, const std::vector<Index>& values) {
  write(dataset, H5T_NATIVE_INT64, H5T_STD_I64LE, values.data(), {values.size()});
}

void File::write_attribute(const std::string& object, const std::string& attribute, hid_t type, const void* value) {
  const Quiet quiet;
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle handle(H5Acreate_by_name(m_file, object.c_str(), attribute.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  checked(handle.valid() ? H5Awrite(handle, type, value) : -1, object + " attribute " + attribute, "writing");
}

void File::write_number(const std::string& object, const std::string& attribute, double value) {
  write_attribute(object, attribute, H5T_NATIVE_DOUBLE, &value);
}

void File::write_integer(const std::string& object, const std::string& attribute, Index value) { write_attribute(object, attribute, H5T_NATIVE_INT64, &value); }

void File::write_unsigned(const std::string& object, const std::string& attribute, std::uint64_t value) {
  write_attribute(object, attribute, H5T_NATIVE_UINT64, &value);
}

void File::write_text(const std::string& object, const std::string& attribute, const std::string& value) {
  const std::string kept = value.substr(0, 60000);  // an attribute holds 64 KiB
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, kept.size() + 1);
  H5Tset_cset(type, H5T_CSET_UTF8);
  write_attribute(object, attribute, type, kept.c_str());
}

void File::write_texts(const std::string& object, const std::string& attribute, const std::vector<std::string>& values) {
  const Quiet quiet;
  std::size_t longest = 1;
  for (const std::string& value : values) longest = std::max(longest, value.size() + 1);
  std::string all(longest * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) all.replace(i * longest, values[i].size(), values[i]);
  checked(all.size() < 60000 && !values.empty() ? 0 : -1, object + " attribute " + attribute, "writing");  // an attribute holds 64 KiB
  const hsize_t count = values.size();
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  H5Tset_size(type, longest);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Handle handle(H5Acreate_by_name(m_file, object.c_str(), attribute.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  checked(handle.valid() ? H5Awrite(handle, type, all.data()) : -1, object + " attribute " + attribute, "writing");
}

void File::close() {
  const Quiet quiet;
  if (m_in_parts) return put_all_but_rooms();
  void* handle = nullptr;  // the in-memory driver's: where it keeps the pointer to its bytes
  checked(H5Fflush(m_file, H5F_SCOPE_LOCAL), "the file", "laying out");
  const ssize_t size = H5Fget_file_image(m_file, nullptr, 0);  // without user block; the driver's own memory is longer
  checked(size > 0 ? 0 : -1, "the file", "laying out");
  checked(H5Fget_vfd_handle(m_file, m_access, &handle), "the file", "laying out");
  m_out->append(*static_cast<unsigned char**>(handle), static_cast<std::size_t>(size) + m_user_block);
}

}  // namespace kswgd::io::hdf5
