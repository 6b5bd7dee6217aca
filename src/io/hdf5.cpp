// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"

#include <kswgd/support/check.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace kswgd::io::hdf5 {
namespace {

// H5Ewalk2 goes downward from the function that was called to the cause: the last entry stays.
herr_t keep_description(unsigned, const H5E_error2_t* error, void* text) {
  if (error->desc && *error->desc) *static_cast<std::string*>(text) = error->desc;
  return 0;
}

/// Whether an attribute holds one element: reading more would overrun.
bool single_value(hid_t attribute) {
  const Handle space(H5Aget_space(attribute), H5Sclose);
  return H5Sget_simple_extent_npoints(space) == 1;
}

/// "walker-2" before "walker-10": names that differ in a number alone sort by it.
bool natural_less(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t stem = 0;
  while (stem < a.size() && stem < b.size() && a[stem] == b[stem]) ++stem;
  while (stem > 0 && digit(a[stem - 1])) --stem;
  const auto number = [&](const std::string& name) {
    const std::string rest = name.substr(stem);
    return !rest.empty() && rest.size() < 18 && std::all_of(rest.begin(), rest.end(), digit) ? std::stoll(rest) : -1;
  };
  const auto first = number(a), second = number(b);
  return first >= 0 && second >= 0 && first != second ? first < second : a < b;
}

}  // namespace

std::string last_error() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_description, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? text : " (HDF5: " + text + ")";
}

File File::open(const std::string& path) {
  const Quiet quiet;
  struct stat status {};
  require(::stat(path.c_str(), &status) == 0, "io", [&] { return "there is no file '" + path + "'"; });
  require(!S_ISDIR(status.st_mode), "io", [&] { return "'" + path + "' is a folder, not a file"; });
  require(::access(path.c_str(), R_OK) == 0, "io", [&] { return "'" + path + "' cannot be opened for reading: check its permissions"; });
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
#if H5_VERSION_GE(1, 10, 7) && !(H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12 && H5_VERS_RELEASE == 0)
  H5Pset_file_locking(access, false, true);  // locks fail on many network file systems, and a reader needs none
#endif
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  require(file.valid(), "io", [&] { return "'" + path + "' is not a whole HDF5 file (another format, or truncated or damaged)"; });
  return File(path, std::move(access), std::move(file));
}

void File::unusable(const std::string& object, const std::string& what) const {
  throw InvalidInput("kswgd::io: '" + m_path + "': " + object + " " + what + last_error());
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
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

std::vector<std::string> File::list(const std::string& group) const {
  constexpr std::size_t most_groups = 1000;  // a group can hold itself
  std::vector<std::string> found, open{group};
  for (std::size_t g = 0; g < open.size() && g < most_groups; ++g) {
    for (const std::string& name : children(open[g])) {
      const std::string path = (open[g] == "/" ? "" : open[g]) + "/" + name;
      if (is_group(path)) {
        open.push_back(path);
        continue;
      }
      const Quiet quiet;
      const Handle set(H5Dopen2(m_file, path.c_str(), H5P_DEFAULT), H5Dclose);
      if (!set.valid()) continue;
      std::string text;
      for (const Index extent : shape(path)) text += (text.empty() ? "" : " x ") + std::to_string(extent);
      found.push_back(path + " (" + (text.empty() ? "one value" : text) + ")");
    }
  }
  return found;
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

void File::require_real(const std::string& dataset, hid_t set) const {
  const Handle type(H5Dget_type(set), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type);
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) unusable(dataset, "does not hold real numbers");
}

std::vector<double> File::read_vector(const std::string& dataset) const {
  const Quiet quiet;
  Index count = 1;
  for (const Index extent : shape(dataset)) count *= extent;
  const Handle set(H5Dopen2(m_file, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  require_real(dataset, set);
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0 && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) unusable(dataset, "cannot be read (damaged?)");
  return values;
}

std::vector<Index> File::read_integers(const std::string& dataset) const {
  const std::vector<double> values = read_vector(dataset);
  return {values.begin(), values.end()};
}

std::pair<Index, Index> File::table(const std::string& dataset) const {
  const auto extents = shape(dataset);
  if (extents.size() != 1 && extents.size() != 2) unusable(dataset, "has " + std::to_string(extents.size()) + " dimensions, expected 2 (points x coordinates)");
  return {extents[0], extents.size() == 2 ? extents[1] : 1};
}

void File::read_rows(const std::string& dataset, Index stride, bool finite, const HostPoints& target, Index first_row) const {
  const Quiet quiet;
  const auto [all_rows, all_columns] = table(dataset);
  const auto step = static_cast<hsize_t>(stride), columns = static_cast<hsize_t>(all_columns);
  const hsize_t rows = (static_cast<hsize_t>(all_rows) + step - 1) / step;
  const Handle set(H5Dopen2(m_file, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  require_real(dataset, set);
  const bool flat = shape(dataset).size() == 1;
  const Handle space(H5Dget_space(set), H5Sclose);
  const hsize_t chunk = std::max<hsize_t>(1, (hsize_t{1} << 20) / std::max<hsize_t>(columns, 1));
  std::vector<double> buffer;
  for (hsize_t done = 0; done < rows && columns > 0; done += chunk) {
    const hsize_t now = std::min(chunk, rows - done);
    const hsize_t start[2] = {done * step, 0}, strides[2] = {step, 1}, count[2] = {now, columns};
    const Handle memory(H5Screate_simple(flat ? 1 : 2, count, nullptr), H5Sclose);
    buffer.resize(now * columns);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, strides, count, nullptr) < 0 ||
        H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, buffer.data()) < 0)
      unusable(dataset, "cannot be read (damaged?)");
    for (hsize_t i = 0; i < now; ++i)
      for (hsize_t k = 0; k < columns; ++k) {
        const double value = buffer[i * columns + k];
        if (finite && !std::isfinite(value))
          unusable(dataset, "has " + std::to_string(value) + " in row " + std::to_string((done + i) * step) + ", column " + std::to_string(k) +
                                " (from 0); every number must be finite");
        target(static_cast<std::size_t>(first_row) + done + i, k) = value;
      }
  }
}

HostPoints File::read_matrix(const std::string& dataset) const {
  const auto [rows, columns] = table(dataset);
  const auto points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", rows, columns);
  read_rows(dataset, 1, false, points, 0);
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
  if (!single_value(handle)) unusable(object, "has an attribute '" + attribute + "' that is not one number");
  if (H5Aread(handle, H5T_NATIVE_DOUBLE, &value) < 0) unusable(object, "has an attribute '" + attribute + "' that is not a number");
  return value;
}

std::string File::read_text(const std::string& object, const std::string& attribute, const std::string& otherwise) const {
  const Quiet quiet;
  const Handle handle = open_attribute(object, attribute);
  if (!handle.valid()) return otherwise;
  const Handle type(H5Aget_type(handle), H5Tclose);
  if (H5Tget_class(type) == H5T_STRING && !single_value(handle)) return "...";
  if (H5Tget_class(type) != H5T_STRING) {
    if (H5Tget_class(type) == H5T_INTEGER) {
      const bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
      Index value = 0;
      if (!single_value(handle) || H5Aread(handle, is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, &value) < 0) return "...";
      return is_signed ? std::to_string(value) : std::to_string(static_cast<std::uint64_t>(value));
    }
    if (H5Tget_class(type) != H5T_FLOAT || !single_value(handle)) return "...";
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", read_number(object, attribute, 0));
    return text;
  }
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    if (H5Aread(handle, type, static_cast<void*>(&text)) < 0 || !text) return otherwise;
    std::string copy = text;
    H5free_memory(text);
    return copy;
  }
  const std::size_t size = H5Tget_size(type);
  if (size == 0 || size > (std::size_t{1} << 20)) unusable(object, "has a damaged attribute '" + attribute + "'");
  std::string text(size, '\0');
  if (H5Aread(handle, type, text.data()) < 0) return otherwise;
  return text.substr(0, text.find('\0'));
}

std::vector<std::pair<std::string, std::string>> File::attributes(const std::string& object) const {
  const Quiet quiet;
  std::vector<std::pair<std::string, std::string>> found;
  const Handle handle(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  for (hsize_t i = 0; handle.valid(); ++i) {
    const Handle attribute(H5Aopen_by_idx(handle, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!attribute.valid()) break;
    char name[256] = {};
    if (H5Aget_name(attribute, sizeof name - 1, name) >= 0) found.emplace_back(name, read_text(object, name, ""));
  }
  H5Eclear2(H5E_DEFAULT);
  return found;
}

}  // namespace kswgd::io::hdf5
