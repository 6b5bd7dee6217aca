// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"

#include <algorithm>

namespace kswgd::io::hdf5 {

void Writer::fail(const std::string& object, const std::string& what) const {
  throw Failure("'" + m_shown + "'" + (object.empty() ? "" : ": '" + object + "'") + " " + what + "; is there memory left?" + last_error());
}

Writer::Writer(const AtomicFile& file, Index user_block) : m_shown(file.path()) {
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  m_access = Handle(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  constexpr std::size_t growth = std::size_t{1} << 22;
  if ((user_block > 0 && H5Pset_userblock(creation, static_cast<hsize_t>(user_block)) < 0) ||
      H5Pset_fapl_core(m_access, growth, false) < 0 ||
      H5Pset_libver_bounds(m_access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST) < 0) {
    fail("", "cannot be created");
  }
  // The name is never seen on the disk.
  m_file = Handle(H5Fcreate(file.temporary().c_str(), H5F_ACC_TRUNC, creation, m_access), H5Fclose);
  if (m_file < 0) fail("", "cannot be created");
  m_link_properties = Handle(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  if (m_link_properties < 0 || H5Pset_create_intermediate_group(m_link_properties, 1) < 0) fail("", "cannot be created");
}

Handle Writer::create_dataset(const std::string& dataset, const std::vector<Index>& shape) {
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const Handle space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  Handle id(H5Dcreate2(m_file, dataset.c_str(), H5T_IEEE_F64LE, space, m_link_properties, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  if (id < 0) fail(dataset, "cannot be created");
  return id;
}

void Writer::numbers(const std::string& dataset, const std::vector<Index>& shape, const double* values) {
  Handle id = create_dataset(dataset, shape);
  Index count = 1;
  for (const Index extent : shape) count *= extent;
  if (count > 0 && H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) fail(dataset, "cannot be written");
  if (!id.close()) fail(dataset, "cannot be written");
}

void Writer::matrix(const std::string& dataset, const HostPoints& values) {
  const auto rows = static_cast<hsize_t>(values.extent(0)), columns = static_cast<hsize_t>(values.extent(1));
  Handle id = create_dataset(dataset, {static_cast<Index>(rows), static_cast<Index>(columns)});
  const Handle space(H5Dget_space(id), H5Sclose);
  const hsize_t chunk = std::max<hsize_t>(1, (hsize_t{1} << 20) / std::max<hsize_t>(columns, 1));
  std::vector<double> buffer;
  for (hsize_t first = 0; first < rows && columns > 0; first += chunk) {
    const hsize_t now = std::min(chunk, rows - first);
    const hsize_t start[2] = {first, 0}, count[2] = {now, columns};
    buffer.resize(now * columns);
    for (hsize_t i = 0; i < now; ++i) {
      for (hsize_t k = 0; k < columns; ++k) buffer[i * columns + k] = values(first + i, k);
    }
    const Handle memory(H5Screate_simple(2, count, nullptr), H5Sclose);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr) < 0 ||
        H5Dwrite(id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, buffer.data()) < 0) {
      fail(dataset, "cannot be written");
    }
  }
  if (!id.close()) fail(dataset, "cannot be written");
}

void Writer::group(const std::string& path) {
  const Handle id(H5Gcreate2(m_file, path.c_str(), m_link_properties, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  if (id < 0) fail(path, "cannot be created");
}

void Writer::attribute(const std::string& object, const Attribute& attribute) {
  const Handle id(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const auto write = [&](hid_t file_type, hid_t memory_type, const void* value) {
    const Handle one(H5Acreate2(id, attribute.name.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (one < 0 || H5Awrite(one, memory_type, value) < 0) fail(object, "has an attribute '" + attribute.name + "' that cannot be written");
  };
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    const std::string kept = text->substr(0, 60000);  // an attribute holds 64 KiB
    H5Tset_size(type, kept.size() + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    write(type, type, kept.c_str());
  } else if (const auto* real = std::get_if<double>(&attribute.value)) {
    write(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, real);
  } else if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    write(H5T_STD_I64LE, H5T_NATIVE_INT64, integer);
  } else {
    write(H5T_STD_U64LE, H5T_NATIVE_UINT64, &std::get<std::uint64_t>(attribute.value));
  }
}

void Writer::commit(AtomicFile& file, const std::function<void(unsigned char* bytes, std::size_t size)>& finish) {
  hsize_t size = 0;
  void* handle = nullptr;  // of the in-memory driver: where it keeps the pointer to the bytes
  if (H5Fflush(m_file, H5F_SCOPE_LOCAL) < 0 || H5Fget_filesize(m_file, &size) < 0 ||
      H5Fget_vfd_handle(m_file, m_access, &handle) < 0 || handle == nullptr) {
    fail("", "cannot be laid out");
  }
  auto* bytes = *static_cast<unsigned char**>(handle);
  if (finish) finish(bytes, static_cast<std::size_t>(size));
  file.append(bytes, static_cast<std::size_t>(size));
  file.commit();
}

}  // namespace kswgd::io::hdf5
