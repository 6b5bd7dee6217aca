// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"
#include "memory_limit.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

// What stands in a dataset beside rows of numbers: frames of any shape, records, texts.
namespace kswgd::io::hdf5 {
namespace {

Index product(const std::vector<Index>& extents) {
  Index all = 1;
  for (const Index extent : extents) all *= extent;
  return all;
}

}  // namespace

void File::read_frames(const std::string& dataset, Index first, Index count, Index stride, double* values) const {
  const Quiet quiet;
  const std::vector<Index> extents = shape(dataset);
  if (extents.empty()) unusable(dataset, "is one value, where frames are wanted");
  if (count <= 0 || product(extents) == 0) return;
  if (first < 0 || first + (count - 1) * stride >= extents[0]) unusable(dataset, "has " + std::to_string(extents[0]) + " frames; more were asked for");
  const Handle set = open_dataset(dataset);
  require_real(dataset, set);
  const Handle space(H5Dget_space(set), H5Sclose);
  const std::size_t rank = extents.size();
  std::vector<hsize_t> start(rank, 0), step(rank, 1), size(extents.begin(), extents.end());
  start[0] = static_cast<hsize_t>(first);
  step[0] = static_cast<hsize_t>(stride);
  size[0] = static_cast<hsize_t>(count);
  const Handle memory(H5Screate_simple(static_cast<int>(rank), size.data(), nullptr), H5Sclose);
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), step.data(), size.data(), nullptr) < 0 ||
      H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values) < 0)
    unusable(dataset, "cannot be read (damaged?)");
}

std::vector<Field> File::fields(const std::string& dataset) const {
  const Quiet quiet;
  const Handle set = open_dataset(dataset), type(H5Dget_type(set), H5Tclose);
  std::vector<Field> found;
  if (H5Tget_class(type) != H5T_COMPOUND) return found;
  for (int i = 0; i < H5Tget_nmembers(type); ++i) {
    char* const name = H5Tget_member_name(type, static_cast<unsigned>(i));
    Field field{name ? name : ""};
    H5free_memory(name);
    Handle member(H5Tget_member_type(type, static_cast<unsigned>(i)), H5Tclose);
    if (H5Tget_class(member) == H5T_ARRAY) {
      hsize_t dims[H5S_MAX_RANK] = {};
      const int rank = H5Tget_array_dims2(member, dims);
      for (int k = 0; k < rank; ++k) field.width *= static_cast<Index>(dims[k]);
      const Handle element(H5Tget_super(member), H5Tclose);
      if (!is_real(element)) field.kind = kind_of(element);
    } else if (!is_real(member)) {
      field.kind = kind_of(member);
    }
    found.push_back(field);
  }
  return found;
}

void File::read_fields(const std::string& dataset, const std::vector<Field>& fields, Index stride, Span kept, const HostPoints& target) const {
  const Quiet quiet;
  const Handle set = open_dataset(dataset), space(H5Dget_space(set), H5Sclose);
  Index width = 0;
  for (const Field& field : fields) width += field.width;
  // HDF5 picks members by their names and turns each into doubles.
  const Handle record(H5Tcreate(H5T_COMPOUND, static_cast<std::size_t>(width) * sizeof(double)), H5Tclose);
  std::size_t offset = 0;
  for (const Field& field : fields) {
    const auto extent = static_cast<hsize_t>(field.width);
    const Handle list(field.width == 1 ? -1 : H5Tarray_create2(H5T_NATIVE_DOUBLE, 1, &extent), H5Tclose);
    if (H5Tinsert(record, field.name.c_str(), offset, field.width == 1 ? H5T_NATIVE_DOUBLE : static_cast<hid_t>(list)) < 0)
      unusable(dataset, "has a member '" + field.name + "' twice");
    offset += static_cast<std::size_t>(field.width) * sizeof(double);
  }
  std::vector<double> buffer;
  const Index at_once = std::max<Index>(1, most_at_once / std::max<Index>(1, width));
  for (Index row = kept.first; row < kept.second; row += at_once) {
    const Index count = std::min(at_once, kept.second - row);
    buffer.resize(static_cast<std::size_t>(count * width));
    const auto start = static_cast<hsize_t>(row * stride), step = static_cast<hsize_t>(stride), size = static_cast<hsize_t>(count);
    const Handle memory(H5Screate_simple(1, &size, nullptr), H5Sclose);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, &step, &size, nullptr) < 0 || H5Dread(set, record, memory, space, H5P_DEFAULT, buffer.data()) < 0)
      unusable(dataset, "has records that cannot be read as numbers");
    for (Index i = 0; i < count; ++i)
      for (Index k = 0; k < width; ++k) {
        const double value = buffer[static_cast<std::size_t>(i * width + k)];
        if (!std::isfinite(value))
          unusable(dataset, "has " + std::to_string(value) + " in record " + std::to_string((row + i) * stride) + ", column " + std::to_string(k) +
                                " (from 0); every number must be finite");
        target(static_cast<std::size_t>(row - kept.first + i), static_cast<std::size_t>(k)) = value;
      }
  }
}

std::vector<Index> File::read_keys(const std::string& dataset) const {
  const Quiet quiet;
  require_data(dataset);
  const Handle set = open_dataset(dataset), type(H5Dget_type(set), H5Tclose);
  if (H5Tget_class(type) != H5T_INTEGER) return read_integers(dataset);
  const Index count = product(shape(dataset));
  require_memory(m_path, dataset, count, 1);
  std::vector<Index> keys(static_cast<std::size_t>(count));
  const hid_t memory = H5Tget_sign(type) == H5T_SGN_NONE ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64;
  static_assert(sizeof(Index) == 8);
  if (count > 0 && H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, keys.data()) < 0) unusable(dataset, "cannot be read (damaged?)");
  return keys;
}

std::vector<std::string> File::read_strings(const std::string& dataset) const {
  const Quiet quiet;
  const Handle set = open_dataset(dataset), type(H5Dget_type(set), H5Tclose), space(H5Dget_space(set), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (H5Tget_class(type) != H5T_STRING || count < 1 || count > (hssize_t{1} << 20)) return {};
  std::vector<std::string> texts;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(static_cast<std::size_t>(count), nullptr);
    if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<void*>(pointers.data())) < 0) return {};
    for (char* text : pointers) {
      texts.emplace_back(text ? text : "");
      H5free_memory(text);
    }
    return texts;
  }
  const std::size_t size = H5Tget_size(type);
  if (size == 0 || size > (std::size_t{1} << 20) / static_cast<std::size_t>(count)) return {};
  std::string all(size * static_cast<std::size_t>(count), '\0');
  if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()) < 0) return {};
  for (std::size_t at = 0; at < all.size(); at += size) {
    const std::string text = all.substr(at, size);
    texts.push_back(text.substr(0, text.find('\0')));
  }
  return texts;
}

}  // namespace kswgd::io::hdf5
