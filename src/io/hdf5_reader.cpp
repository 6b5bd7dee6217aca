// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace kswgd::io::hdf5 {
namespace {

// Keeps the innermost entry: H5Ewalk2 goes downward from the API's function to the cause.
herr_t keep_description(unsigned, const H5E_error2_t* error, void* data) {
  if (error->desc && *error->desc) *static_cast<std::string*>(data) = error->desc;
  return 0;
}

bool natural_less(const std::string& a, const std::string& b) {
  const auto digits = [](const std::string& s) {
    return !s.empty() && s.size() < 18 && std::all_of(s.begin(), s.end(), [](unsigned char c) { return std::isdigit(c); });
  };
  // A common stem ("walker-") before a number is the usual case.
  std::size_t stem = 0;
  while (stem < a.size() && stem < b.size() && a[stem] == b[stem]) ++stem;
  while (stem > 0 && std::isdigit(static_cast<unsigned char>(a[stem - 1]))) --stem;
  const std::string rest_a = a.substr(stem), rest_b = b.substr(stem);
  if (digits(rest_a) && digits(rest_b)) {
    const auto number_a = std::stoll(rest_a), number_b = std::stoll(rest_b);
    if (number_a != number_b) return number_a < number_b;
  }
  return a < b;
}

std::string name_of(const std::vector<Index>& shape) {
  std::string text;
  for (const Index extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text.empty() ? "a single value" : text;
}

}  // namespace

Quiet::Quiet() {
  H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}
Quiet::~Quiet() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }

std::string last_error() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_description, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? text : " (HDF5: " + text + ")";
}

void Reader::fail(const std::string& object, const std::string& what) const {
  throw InvalidInput("'" + m_path + "'" + (object.empty() ? "" : ": '" + object + "'") + " " + what + last_error());
}

Reader::Reader(const std::string& path) : m_path(path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) fail("", "does not exist");
  if (std::filesystem::is_directory(status)) fail("", "is a folder, not a file");
  if (!std::ifstream(path).good()) fail("", "cannot be opened for reading: check its permissions");
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
#if H5_VERSION_GE(1, 10, 7) && !(H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12 && H5_VERS_RELEASE == 0)
  H5Pset_file_locking(access, false, true);  // locks fail on many network file systems, and a reader needs none
#endif
  m_file = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (m_file < 0) fail("", "cannot be read as HDF5: it is not an HDF5 file, or truncated or damaged");
}

Kind Reader::kind(const std::string& object) const {
  // H5Lexists wants every group above to exist.
  for (std::size_t end = object.find('/', 1); end != std::string::npos; end = object.find('/', end + 1)) {
    const std::string above = object.substr(0, end);
    if (!above.empty() && H5Lexists(m_file, above.c_str(), H5P_DEFAULT) <= 0) return Kind::none;
  }
  if (object.empty()) return Kind::none;
  if (object != "/" && H5Lexists(m_file, object.c_str(), H5P_DEFAULT) <= 0) return Kind::none;
  const Handle id(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  if (id < 0) return Kind::none;
  const H5I_type_t type = H5Iget_type(id);
  return type == H5I_GROUP ? Kind::group : type == H5I_DATASET ? Kind::dataset : Kind::other;
}

std::vector<std::string> Reader::children(const std::string& group) const {
  const Handle id(H5Gopen2(m_file, group.c_str(), H5P_DEFAULT), H5Gclose);
  H5G_info_t info;
  if (id < 0 || H5Gget_info(id, &info) < 0) fail(group, "cannot be opened as a group");
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto length = H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0) fail(group, "has a member whose name cannot be read");
    std::string name(static_cast<std::size_t>(length), '\0');
    if (H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size() + 1, H5P_DEFAULT) < 0) {
      fail(group, "has a member whose name cannot be read");
    }
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

std::vector<std::string> Reader::datasets(const std::string& group) const {
  std::vector<std::string> found, open{group};
  const std::size_t most_groups = 10000;  // a group can hold itself
  for (std::size_t g = 0; g < open.size() && g < most_groups; ++g) {
    const std::string prefix = open[g] == "/" ? "/" : open[g] + "/";
    if (std::count(prefix.begin(), prefix.end(), '/') > 16) continue;
    for (const auto& name : children(open[g])) {
      const Kind what = kind(prefix + name);
      if (what == Kind::dataset) found.push_back(prefix + name);
      if (what == Kind::group) open.push_back(prefix + name);
    }
  }
  return found;
}

Handle Reader::open_dataset(const std::string& dataset) const {
  if (kind(dataset) == Kind::none) fail(dataset, "does not exist");
  Handle id(H5Dopen2(m_file, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (id < 0) fail(dataset, "cannot be opened as a dataset");
  return id;
}

std::vector<Index> Reader::shape(const std::string& dataset) const {
  const Handle id = open_dataset(dataset);
  const Handle space(H5Dget_space(id), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0) fail(dataset, "has a shape that cannot be read");
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space, extents.data(), nullptr) < 0) fail(dataset, "has a shape that cannot be read");
  return {extents.begin(), extents.end()};
}

std::string Reader::type_name(const std::string& dataset) const {
  const Handle id = open_dataset(dataset);
  const Handle type(H5Dget_type(id), H5Tclose);
  const std::string bits = std::to_string(8 * H5Tget_size(type));
  switch (H5Tget_class(type)) {
    case H5T_FLOAT: return "float" + bits;
    case H5T_INTEGER: return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + bits;
    case H5T_STRING: return "text";
    case H5T_COMPOUND: return "compound";
    case H5T_ENUM: return "enumeration";
    default: return "other";
  }
}

void Reader::require_real(const std::string& dataset, hid_t id) const {
  const Handle type(H5Dget_type(id), H5Tclose);
  const H5T_class_t type_class = H5Tget_class(type);
  if (type_class != H5T_FLOAT && type_class != H5T_INTEGER) {
    fail(dataset, "holds values of type " + type_name(dataset) + "; numbers of a real type are needed");
  }
}

void Reader::read_rows(const std::string& dataset, Index stride, const HostPoints& target, Index first_row, bool finite) const {
  const Handle id = open_dataset(dataset);
  require_real(dataset, id);
  const auto extents = shape(dataset);
  if (extents.empty() || extents.size() > 2) {
    fail(dataset, "has the shape " + name_of(extents) + "; points are a dataset of two dimensions, n x d");
  }
  const auto rows = static_cast<hsize_t>(extents[0]), columns = static_cast<hsize_t>(extents.size() == 2 ? extents[1] : 1);
  const Handle space(H5Dget_space(id), H5Sclose);
  const auto step = static_cast<hsize_t>(stride);
  const hsize_t kept = (rows + step - 1) / step;
  const hsize_t chunk = std::max<hsize_t>(1, (hsize_t{1} << 20) / std::max<hsize_t>(columns, 1));
  std::vector<double> buffer;
  for (hsize_t done = 0; done < kept; done += chunk) {
    const hsize_t now = std::min(chunk, kept - done);
    const hsize_t start[2] = {done * step, 0}, stride_of[2] = {step, 1}, count[2] = {now, columns};
    const Handle memory(H5Screate_simple(2, count, nullptr), H5Sclose);
    buffer.resize(now * columns);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, stride_of, count, nullptr) < 0 ||
        H5Dread(id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, buffer.data()) < 0) {
      fail(dataset, "cannot be read");
    }
    for (hsize_t i = 0; i < now; ++i) {
      for (hsize_t k = 0; k < columns; ++k) {
        const double value = buffer[i * columns + k];
        if (finite && !std::isfinite(value)) {
          fail(dataset, "is " + std::to_string(value) + " in row " + std::to_string((done + i) * step) + ", column " +
                            std::to_string(k) + " (counted from 0); every number must be finite");
        }
        target(static_cast<std::size_t>(first_row) + done + i, k) = value;
      }
    }
  }
}

HostPoints Reader::matrix(const std::string& dataset, bool finite) const {
  const auto extents = shape(dataset);
  const Index rows = extents.empty() ? 0 : extents[0], columns = extents.size() < 2 ? 1 : extents[1];
  auto values = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::matrix", rows, columns);
  read_rows(dataset, 1, values, 0, finite);
  return values;
}

std::vector<double> Reader::numbers(const std::string& dataset) const {
  const Handle id = open_dataset(dataset);
  require_real(dataset, id);
  std::size_t count = 1;
  for (const Index extent : shape(dataset)) count *= static_cast<std::size_t>(extent);
  std::vector<double> values(count);
  if (count > 0 && H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    fail(dataset, "cannot be read");
  }
  return values;
}

Attributes Reader::attributes(const std::string& object) const {
  const Handle id(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  if (id < 0) fail(object, "cannot be opened");
  Attributes all;
  for (hsize_t i = 0;; ++i) {
    const Handle attribute(H5Aopen_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (attribute < 0) break;
    const auto length = H5Aget_name(attribute, 0, nullptr);
    std::string name(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
    H5Aget_name(attribute, name.size() + 1, name.data());
    const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    if (H5Sget_simple_extent_npoints(space) != 1) continue;
    const H5T_class_t type_class = H5Tget_class(type);
    if (type_class == H5T_STRING && H5Tis_variable_str(type) > 0) {
      char* text = nullptr;
      const Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
      H5Tset_size(memory, H5T_VARIABLE);
      H5Tset_cset(memory, H5Tget_cset(type));
      if (H5Aread(attribute, memory, &text) < 0) fail(object, "has an attribute '" + name + "' that cannot be read");
      all.push_back({name, std::string(text ? text : "")});
      if (text) H5free_memory(text);
    } else if (type_class == H5T_STRING) {
      std::string text(H5Tget_size(type) + 1, '\0');
      if (H5Aread(attribute, type, text.data()) < 0) fail(object, "has an attribute '" + name + "' that cannot be read");
      all.push_back({name, std::string(text.c_str())});
    } else if (type_class == H5T_FLOAT) {
      double value = 0;
      if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) fail(object, "has an attribute '" + name + "' that cannot be read");
      all.push_back({name, value});
    } else if (type_class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE) {
      std::uint64_t value = 0;
      if (H5Aread(attribute, H5T_NATIVE_UINT64, &value) < 0) fail(object, "has an attribute '" + name + "' that cannot be read");
      all.push_back({name, value});
    } else if (type_class == H5T_INTEGER) {
      std::int64_t value = 0;
      if (H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) fail(object, "has an attribute '" + name + "' that cannot be read");
      all.push_back({name, value});
    }
  }
  H5Eclear2(H5E_DEFAULT);
  return all;
}

}  // namespace kswgd::io::hdf5
