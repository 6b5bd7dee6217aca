// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"

#include <kswgd/support/check.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>

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

/// Whether another program holds the file as HDF5's writers do. A file system that knows no locks says no. An AtomicFile that was just
/// renamed lets go in a moment.
bool is_held(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  bool held = descriptor >= 0;
  for (int tries = 0; held && tries < 10; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  }
  if (descriptor >= 0) ::close(descriptor);
  return held;
}

/// Whether a file begins as those of netCDF before HDF5 do.
bool is_classic_netcdf(const std::string& path) {
  char head[4] = {};
  std::ifstream(path, std::ios::binary).read(head, 4);
  return std::string(head, 3) == "CDF" && (head[3] == 1 || head[3] == 2 || head[3] == 5);
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
  require(S_ISREG(status.st_mode), "io", [&] { return "'" + path + "' is a device, pipe or socket: HDF5 wants a file"; });
  require(::access(path.c_str(), R_OK) == 0, "io", [&] { return "'" + path + "' cannot be opened for reading: check its permissions"; });
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
#if H5_VERSION_GE(1, 10, 7) && !(H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12 && H5_VERS_RELEASE == 0)
  H5Pset_file_locking(access, false, true);  // locks fail on many network file systems, and a reader needs none
#endif
  require(!is_held(path), "io",
          [&] { return "'" + path + "' is open for writing in another program: what it holds may change or be half written; wait until it is closed"; });
  auto sentence = std::make_unique<CrashSentence>(path);
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (!file.valid() && last_error().find("already open") != std::string::npos)
    throw InvalidInput("kswgd::io: '" + path +
                       "' is marked as open for writing: wait until the program that writes it has closed it; if that was killed, h5clear -s clears the mark");
  require(file.valid() || !is_classic_netcdf(path), "io", [&] {
    return "'" + path + "' is classic netCDF (netCDF-3), not HDF5: 'nccopy -k nc4 " + path + " NEW.nc' makes it netCDF-4, or MDAnalysis H5MD (docs/files.md)";
  });
  require(file.valid(), "io", [&] { return "'" + path + "' is not a whole HDF5 file (another format, or truncated or damaged)"; });
  return File(path, std::move(access), std::move(file), nullptr, 0, std::move(sentence));
}

void File::unusable(const std::string& object, const std::string& what) const {
  throw InvalidInput("kswgd::io: '" + m_path + "': " + object + " " + what + last_error());
}

Handle File::open_dataset(const std::string& dataset, hid_t access) const {
  Handle set(H5Dopen2(m_file, dataset.c_str(), access), H5Dclose);
  if (set.valid()) return set;
  H5Eclear2(H5E_DEFAULT);
  if (!has(dataset)) unusable(dataset, "does not exist");
  const Handle object(H5Oopen(m_file, dataset.c_str(), H5P_DEFAULT), H5Oclose);
  if (object.valid()) unusable(dataset, H5Iget_type(object) == H5I_GROUP ? "is a group, not a dataset" : "is not a dataset");
  const std::string target = link_target(dataset);
  if (!target.empty()) unusable(dataset, "is a link to " + target + ", which is not there");
  unusable(dataset, "cannot be opened (damaged?)");
}

std::vector<Index> File::shape(const std::string& dataset) const {
  const Quiet quiet;
  const Handle set = open_dataset(dataset);
  const Handle space(H5Dget_space(set), H5Sclose);
  const int rank = space.valid() ? H5Sget_simple_extent_ndims(space) : -1;
  if (rank < 0) unusable(dataset, "has no simple shape");
  if (H5Sget_simple_extent_type(space) == H5S_NULL) unusable(dataset, "is empty: it has no numbers and no shape");
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space, extents.data(), nullptr) < 0) unusable(dataset, "has no simple shape");
  for (const hsize_t extent : extents)
    if (extent > (hsize_t{1} << 62)) unusable(dataset, "claims an extent of " + std::to_string(extent) + ": is it damaged?");
  return {extents.begin(), extents.end()};
}

std::string text_of(const std::vector<Index>& shape) {
  std::string text;
  for (const Index extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text.empty() ? "one value" : text;
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
  const Handle type(H5Aget_type(handle), H5Tclose);
  if (!is_sound(type)) unusable(object, "has an attribute '" + attribute + "' of " + kind_of(type));
  if (H5Aread(handle, H5T_NATIVE_DOUBLE, &value) < 0) unusable(object, "has an attribute '" + attribute + "' that is not a number");
  return value;
}

Index File::read_integer(const std::string& object, const std::string& attribute, Index otherwise) const {
  const double value = read_number(object, attribute, static_cast<double>(otherwise));
  if (!std::isfinite(value) || std::abs(value) > 9007199254740992.0 || value != std::floor(value))
    unusable(object, "has an attribute '" + attribute + "' of " + std::to_string(value) + ", which is not an integer");
  return static_cast<Index>(value);
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
      if (!single_value(handle) || !is_sound(type) || H5Aread(handle, is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, &value) < 0) return "...";
      return is_signed ? std::to_string(value) : std::to_string(static_cast<std::uint64_t>(value));
    }
    if (!is_real(type) || !single_value(handle)) return "...";
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

bool File::has_attribute(const std::string& object, const std::string& attribute) const {
  const Quiet quiet;
  return open_attribute(object, attribute).valid();
}

std::vector<double> File::read_numbers(const std::string& object, const std::string& attribute) const {
  const Quiet quiet;
  const Handle handle = open_attribute(object, attribute);
  if (!handle.valid()) return {};
  const Handle type(H5Aget_type(handle), H5Tclose), space(H5Aget_space(handle), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (!is_real(type) || count < 1 || count > (hssize_t{1} << 20)) return {};
  std::vector<double> values(static_cast<std::size_t>(count));
  if (H5Aread(handle, H5T_NATIVE_DOUBLE, values.data()) < 0) unusable(object, "has an attribute '" + attribute + "' that cannot be read");
  return values;
}

std::vector<std::string> File::read_texts(const std::string& object, const std::string& attribute) const {
  const Quiet quiet;
  const Handle handle = open_attribute(object, attribute);
  if (!handle.valid()) return {};
  const Handle type(H5Aget_type(handle), H5Tclose), space(H5Aget_space(handle), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (H5Tget_class(type) != H5T_STRING || count < 1 || count > (hssize_t{1} << 20)) return {};
  std::vector<std::string> texts;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(static_cast<std::size_t>(count), nullptr);
    if (H5Aread(handle, type, static_cast<void*>(pointers.data())) < 0) unusable(object, "has an attribute '" + attribute + "' that cannot be read");
    for (char* text : pointers) {
      texts.emplace_back(text ? text : "");
      H5free_memory(text);
    }
    return texts;
  }
  const std::size_t size = H5Tget_size(type);
  if (size == 0 || size > (std::size_t{1} << 20) / static_cast<std::size_t>(count)) unusable(object, "has a damaged attribute '" + attribute + "'");
  std::string all(size * static_cast<std::size_t>(count), '\0');
  if (H5Aread(handle, type, all.data()) < 0) unusable(object, "has an attribute '" + attribute + "' that cannot be read");
  for (std::size_t at = 0; at < all.size(); at += size) {
    const std::string text = all.substr(at, size);
    texts.push_back(text.substr(0, text.find('\0')));
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> File::attributes(const std::string& object) const {
  const Quiet quiet;
  std::vector<std::pair<std::string, std::string>> found;
  const Handle handle(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  for (hsize_t i = 0; handle.valid(); ++i) {
    const Handle attribute(H5Aopen_by_idx(handle, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!attribute.valid()) break;
    char name[256] = {};
    if (H5Aget_name(attribute, sizeof name - 1, name) < 0) continue;
    std::string value = read_text(object, name, "");
    if (value.size() > 1000) value = value.substr(0, 1000) + "...";
    found.emplace_back(name, value);
    if (found.size() == 200) break;
  }
  H5Eclear2(H5E_DEFAULT);
  return found;
}

}  // namespace kswgd::io::hdf5

namespace kswgd::io {

void leave_hdf5_at_exit() noexcept { H5dont_atexit(); }

}  // namespace kswgd::io
