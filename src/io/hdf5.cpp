// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"

#include <kswgd/support/check.hpp>

#include <sys/stat.h>

#include <algorithm>

namespace kswgd::io::hdf5 {
namespace {

/// HDF5 prints a stack of its own for each error unless told not to; ours are sentences. Per thread and per call, no state.
class Quiet {
 public:
  Quiet() {
    H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  H5E_auto2_t m_function = nullptr;
  void* m_data = nullptr;
};

}  // namespace

File File::open(const std::string& path) {
  const Quiet quiet;
  struct stat status {};
  require(::stat(path.c_str(), &status) == 0, "io", [&] { return "there is no file '" + path + "'"; });
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  require(file.valid(), "io", [&] { return "'" + path + "' is not a whole HDF5 file (another format, or truncated)"; });
  return File(path, std::move(file));
}

File File::create(const std::string& path, unsigned user_block) {
  const Quiet quiet;
  const Handle properties(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  const bool set = user_block == 0 || H5Pset_userblock(properties, user_block) >= 0;
  Handle file(set ? H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties, H5P_DEFAULT) : -1, H5Fclose);
  if (!file.valid()) throw Failure("kswgd::io: cannot write '" + path + "'");
  return File(path, std::move(file));
}

void File::unusable(const std::string& object, const std::string& what) const {
  throw InvalidInput("kswgd::io: '" + m_path + "': " + object + " " + what);
}

void File::checked(herr_t status, const std::string& object, const char* what) const {
  if (status < 0) throw Failure("kswgd::io: '" + m_path + "': " + what + " " + object + " failed (is the disk full?)");
}

bool File::has(const std::string& object) const {
  const Quiet quiet;
  if (object == "/") return true;
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {  // H5Lexists wants every link on the way
    const std::string part = object.substr(0, end);
    if (H5Lexists(m_file, part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

bool File::is_group(const std::string& object) const {
  const Quiet quiet;
  if (!has(object)) return false;
  const Handle handle(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  return handle.valid() && H5Iget_type(handle) == H5I_GROUP;
}

std::vector<std::string> File::children(const std::string& group) const {
  const Quiet quiet;
  const Handle handle(H5Gopen2(m_file, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!handle.valid()) unusable(group, "is not a group");
  H5G_info_t info{};
  std::vector<std::string> names;
  if (H5Gget_info(handle, &info) < 0) unusable(group, "cannot be listed");
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto length = H5Lget_name_by_idx(handle, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0) unusable(group, "cannot be listed");
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Lget_name_by_idx(handle, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
    name.pop_back();
    names.push_back(name);
  }
  return names;
}

std::vector<Index> File::shape(const std::string& dataset) const {
  const Quiet quiet;
  if (!has(dataset)) unusable(dataset, "does not exist");
  const Handle set(H5Dopen2(m_file, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (!set.valid()) unusable(dataset, "is not a dataset");
  const Handle space(H5Dget_space(set), H5Sclose);
  const int rank = space.valid() ? H5Sget_simple_extent_ndims(space) : -1;
  if (rank < 0) unusable(dataset, "has no simple shape");
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space, extents.data(), nullptr) < 0) unusable(dataset, "has no simple shape");
  return {extents.begin(), extents.end()};
}

std::vector<double> File::read_vector(const std::string& dataset) const {
  const Quiet quiet;
  Index count = 1;
  for (const Index extent : shape(dataset)) count *= extent;
  const Handle set(H5Dopen2(m_file, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle type(H5Dget_type(set), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type);
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) unusable(dataset, "does not hold real numbers");
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0 && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) unusable(dataset, "cannot be read (damaged?)");
  return values;
}

std::vector<Index> File::read_integers(const std::string& dataset) const {
  const std::vector<double> values = read_vector(dataset);
  return {values.begin(), values.end()};
}

HostPoints File::read_matrix(const std::string& dataset) const {
  const auto extents = shape(dataset);
  if (extents.size() != 1 && extents.size() != 2) unusable(dataset, "has " + std::to_string(extents.size()) + " dimensions, expected 2 (points x coordinates)");
  const Index rows = extents[0], columns = extents.size() == 2 ? extents[1] : 1;
  const auto values = read_vector(dataset);
  const HostPoints points("kswgd::io::points", rows, columns);
  for (Index k = 0; k < columns; ++k)
    for (Index i = 0; i < rows; ++i) points(i, k) = values[static_cast<std::size_t>(i * columns + k)];
  return points;
}

Handle File::open_attribute(const std::string& object, const std::string& attribute) const {
  return Handle(H5Aopen_by_name(m_file, object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
}

double File::read_number(const std::string& object, const std::string& attribute, double otherwise) const {
  const Quiet quiet;
  const Handle handle = open_attribute(object, attribute);
  double value = otherwise;
  if (!handle.valid()) return otherwise;
  if (H5Aread(handle, H5T_NATIVE_DOUBLE, &value) < 0) unusable(object, "has an attribute '" + attribute + "' that is not a number");
  return value;
}

std::string File::read_text(const std::string& object, const std::string& attribute, const std::string& otherwise) const {
  const Quiet quiet;
  const Handle handle = open_attribute(object, attribute);
  if (!handle.valid()) return otherwise;
  const Handle type(H5Aget_type(handle), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING) {
    const double value = read_number(object, attribute, 0);
    std::string text = std::to_string(value);
    if (value == static_cast<double>(static_cast<Index>(value))) text = std::to_string(static_cast<Index>(value));
    return text;
  }
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    if (H5Aread(handle, type, static_cast<void*>(&text)) < 0 || !text) return otherwise;
    std::string copy = text;
    H5free_memory(text);
    return copy;
  }
  std::string text(H5Tget_size(type), '\0');
  if (H5Aread(handle, type, text.data()) < 0) return otherwise;
  return text.substr(0, text.find('\0'));
}

std::vector<std::pair<std::string, std::string>> File::attributes(const std::string& object) const {
  const Quiet quiet;
  std::vector<std::pair<std::string, std::string>> found;
  const Handle handle(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  const int count = handle.valid() ? H5Aget_num_attrs(handle) : 0;
  for (int i = 0; i < count; ++i) {
    const Handle attribute(H5Aopen_by_idx(handle, ".", H5_INDEX_NAME, H5_ITER_INC, static_cast<hsize_t>(i), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    char name[256] = {};
    if (!attribute.valid() || H5Aget_name(attribute, sizeof name - 1, name) < 0) continue;
    found.emplace_back(name, read_text(object, name, ""));
  }
  return found;
}

void File::write(const std::string& dataset, hid_t memory_type, hid_t file_type, const void* values, const std::vector<hsize_t>& shape) {
  const Quiet quiet;
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const Handle set(H5Dcreate2(m_file, dataset.c_str(), file_type, space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  checked(set.valid() ? 0 : -1, dataset, "creating");
  const bool empty = std::any_of(shape.begin(), shape.end(), [](hsize_t extent) { return extent == 0; });
  if (!empty) checked(H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), dataset, "writing");
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

void File::write_integer(const std::string& object, const std::string& attribute, Index value) {
  write_attribute(object, attribute, H5T_NATIVE_INT64, &value);
}

void File::write_text(const std::string& object, const std::string& attribute, const std::string& value) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, value.size() + 1);
  write_attribute(object, attribute, type, value.c_str());
}

void File::close() {
  checked(H5Fflush(m_file, H5F_SCOPE_GLOBAL), "the file", "flushing");
}

}  // namespace kswgd::io::hdf5
