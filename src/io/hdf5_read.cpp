// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"
#include "memory_limit.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

// Numbers of a dataset, in tiles of whole chunks: HDF5 unpacks a chunk anew for each selection that touches it, unless its cache holds it.
namespace kswgd::io::hdf5 {
namespace {

/// Numbers that are read at once, in the unit of HDF5's extents.
constexpr hsize_t most_read = most_at_once;

struct Tile {
  hsize_t rows, columns;
  std::size_t cache = 0;  ///< bytes that keep a chunk which is read in several steps
};

/// Whole chunks of about `most_read` numbers. Columns of one chunk each are tiles of their own: their numbers stand side by side, as the target's do.
Tile tile_of(hid_t set, hsize_t rows, hsize_t columns, bool flat) {
  const Handle properties(H5Dget_create_plist(set), H5Pclose), type(H5Dget_type(set), H5Tclose);
  const Tile all{std::max<hsize_t>(1, most_read / columns), columns};
  hsize_t chunk[2] = {0, 1};
  if (H5Pget_layout(properties) != H5D_CHUNKED || H5Pget_chunk(properties, flat ? 1 : 2, chunk) < 0) return all;
  const hsize_t height = std::min(chunk[0], rows), width = std::min(chunk[1], columns);
  const bool slim = width == 1 && height >= 4096;
  Tile tile{height, slim ? 1 : columns};
  if (!slim && height <= most_read / columns)
    tile.rows = height * (most_read / (height * columns));
  else if (!slim)
    tile.columns = std::min(columns, width * std::max<hsize_t>(1, most_read / std::max<hsize_t>(1, height * width)));
  if (tile.rows * tile.columns > most_read) tile.cache = static_cast<std::size_t>(chunk[0] * chunk[1]) * H5Tget_size(type);
  return tile;
}

/// Copies rows x columns numbers, row by row, into the target. In blocks of a few rows, so that what is written stays in the cache.
void transpose(const std::vector<double>& buffer, hsize_t rows, hsize_t columns, const HostPoints& target, hsize_t row, hsize_t column) {
  constexpr hsize_t block = 32;
  for (hsize_t b = 0; b < rows; b += block)
    for (hsize_t k = 0; k < columns; ++k) {
      double* const to = &target(row + b, column + k);
      const double* const from = buffer.data() + b * columns + k;
      for (hsize_t i = 0; i < std::min(block, rows - b); ++i) to[i] = from[i * columns];
    }
}

}  // namespace

bool is_sound(hid_t type) {
  constexpr std::size_t widest_integer = 8, widest_float = 16, widest_exponent = 32;  // the last in bits
  const H5T_class_t kind = H5Tget_class(type);
  const std::size_t size = H5Tget_size(type);
  if (kind == H5T_ENUM || kind == H5T_ARRAY) return is_sound(Handle(H5Tget_super(type), H5Tclose));
  if (kind == H5T_COMPOUND) {
    for (int i = 0; i < H5Tget_nmembers(type); ++i)
      if (!is_sound(Handle(H5Tget_member_type(type, static_cast<unsigned>(i)), H5Tclose))) return false;
    return true;
  }
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) return true;
  const std::size_t precision = H5Tget_precision(type);
  const int offset = H5Tget_offset(type);
  const H5T_order_t order = H5Tget_order(type);
  if (size == 0 || size > (kind == H5T_INTEGER ? widest_integer : widest_float) || (order != H5T_ORDER_LE && order != H5T_ORDER_BE)) return false;
  const std::size_t bits = 8 * size;
  if (precision == 0 || precision > bits || offset < 0 || static_cast<std::size_t>(offset) > bits - precision) return false;
  if (kind == H5T_INTEGER) return true;
  std::size_t sign = 0, exponent = 0, exponent_size = 0, mantissa = 0, mantissa_size = 0;
  if (H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0) return false;
  const auto within = [bits](std::size_t at, std::size_t length) { return length > 0 && length <= bits && at <= bits - length; };
  return within(sign, 1) && within(exponent, exponent_size) && exponent_size <= widest_exponent && within(mantissa, mantissa_size);
}

bool is_real(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  return (kind == H5T_FLOAT || kind == H5T_INTEGER) && is_sound(type);
}

std::string kind_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_STRING:
      return "text";
    case H5T_ENUM: {
      const Handle base(H5Tget_super(type), H5Tclose);
      return H5Tget_size(base) == 1 && H5Tget_nmembers(type) == 2 ? "truth values" : "an enumeration";
    }
    case H5T_COMPOUND: {
      std::string members;
      const int count = H5Tget_nmembers(type);
      for (int i = 0; i < std::min(count, 8); ++i) {
        char* const name = H5Tget_member_name(type, static_cast<unsigned>(i));
        members += (i ? ", " : "") + std::string(name ? name : "");
        H5free_memory(name);
      }
      return count == 2 && members == "r, i" ? "complex numbers" : "records of " + members + (count > 8 ? ", ..." : "");
    }
    case H5T_ARRAY:
      return "an array for each element";
    case H5T_VLEN:
      return "a list for each element";
    case H5T_OPAQUE:
      return "opaque bytes";
    case H5T_REFERENCE:
      return "references";
    case H5T_BITFIELD:
      return "truth values (bits)";
    case H5T_TIME:
      return "times of a kind of their own";
    case H5T_INTEGER:
    case H5T_FLOAT:
      return "numbers of a layout that is not known here (is it damaged?)";
    default:
      return "a kind of numbers that is not known here";
  }
}

void File::require_real(const std::string& dataset, hid_t set) const {
  const Handle type(H5Dget_type(set), H5Tclose);
  if (!is_real(type)) unusable(dataset, "holds " + kind_of(type) + ", not real numbers: save it as numbers");
}

double File::rounding(const std::string& dataset) const {
  const Quiet quiet;
  const Handle set = open_dataset(dataset), type(H5Dget_type(set), H5Tclose);
  std::size_t sign = 0, exponent = 0, exponent_size = 0, mantissa = 0, mantissa_size = 0;
  if (H5Tget_class(type) != H5T_FLOAT || H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0) return 0;
  return std::ldexp(1.0, -static_cast<int>(mantissa_size));
}

std::vector<double> File::read_vector(const std::string& dataset) const {
  const Quiet quiet;
  require_data(dataset);
  Index count = 1;
  for (const Index extent : shape(dataset)) count *= extent;
  require_memory(m_path, dataset, count, 1);
  const Handle set = open_dataset(dataset);
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0 && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) unusable(dataset, "cannot be read (damaged?)");
  return values;
}

std::vector<Index> File::read_integers(const std::string& dataset) const {
  const std::vector<double> values = read_vector(dataset);
  for (const double value : values)
    if (!std::isfinite(value) || std::abs(value) > 9007199254740992.0 || value != std::floor(value))
      unusable(dataset, "has " + std::to_string(value) + ", which is not an integer");
  return {values.begin(), values.end()};
}

std::pair<Index, Index> File::table(const std::string& dataset) const {
  const auto extents = shape(dataset);
  if (extents.size() != 1 && extents.size() != 2) unusable(dataset, "has " + std::to_string(extents.size()) + " dimensions, expected 2 (points x coordinates)");
  return {extents[0], extents.size() == 2 ? extents[1] : 1};
}

void File::read_rows(const std::string& dataset, Index stride, bool finite, const HostPoints& target, Index first_row, Span kept) const {
  const Quiet quiet;
  const std::vector<Index> extents = shape(dataset);
  const bool flat = extents.size() == 1;
  const Index there = extents.at(0), all_columns = flat ? 1 : extents.at(1);
  if (there == 0 || all_columns == 0 || kept.first >= kept.second) return;
  const auto step = static_cast<hsize_t>(stride), rows = static_cast<hsize_t>(there), columns = static_cast<hsize_t>(all_columns),
             offset = static_cast<hsize_t>(first_row), kept_from = static_cast<hsize_t>(kept.first), kept_to = static_cast<hsize_t>(kept.second);
  auto opened = std::make_unique<Handle>(open_dataset(dataset));
  require_real(dataset, *opened);
  const Tile tile = tile_of(*opened, rows, columns, flat);
  if (tile.cache > 0) {
    const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    H5Pset_chunk_cache(access, H5D_CHUNK_CACHE_NSLOTS_DEFAULT, tile.cache, H5D_CHUNK_CACHE_W0_DEFAULT);
    opened.reset();  // whoever has a dataset open decides on its cache
    opened = std::make_unique<Handle>(open_dataset(dataset, access));
  }
  const hid_t set = *opened;
  const Handle space(H5Dget_space(set), H5Sclose);
  std::vector<double> buffer;

  // Kept rows first .. last, columns column .. column + width.
  const auto read = [&](hsize_t first, hsize_t last, hsize_t column, hsize_t width) {
    const hsize_t start[2] = {first * step, column}, strides[2] = {step, 1}, count[2] = {last - first, width};
    const Handle memory(H5Screate_simple(flat ? 1 : 2, count, nullptr), H5Sclose);
    if (width > 1) buffer.resize((last - first) * width);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, strides, count, nullptr) < 0 ||
        H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, width > 1 ? buffer.data() : &target(offset + first - kept_from, column)) < 0)
      unusable(dataset, "cannot be read (damaged?)");
    if (width > 1) transpose(buffer, last - first, width, target, offset + first - kept_from, column);
    for (hsize_t k = column; finite && k < column + width; ++k)
      for (hsize_t i = first; i < last; ++i)
        if (!std::isfinite(target(offset + i - kept_from, k)))
          unusable(dataset, "has " + std::to_string(target(offset + i - kept_from, k)) + " in row " + std::to_string(i * step) + ", column " +
                                std::to_string(k) + " (from 0); every number must be finite");
  };
  for (hsize_t row = 0; row < rows; row += tile.rows) {
    const hsize_t begin = std::max(kept_from, (row + step - 1) / step), end = std::min(kept_to, (std::min(rows, row + tile.rows) + step - 1) / step);
    if (begin >= end) continue;
    for (hsize_t column = 0; column < columns; column += tile.columns) {
      const hsize_t width = std::min(tile.columns, columns - column), at_once = std::max<hsize_t>(1, most_read / width);
      for (hsize_t i = begin; i < end; i += at_once) read(i, std::min(end, i + at_once), column, width);
    }
  }
}

Index File::chunk_rows(const std::string& dataset) const {
  const Quiet quiet;
  const std::size_t rank = shape(dataset).size();
  const Handle set = open_dataset(dataset), properties(H5Dget_create_plist(set), H5Pclose);
  std::vector<hsize_t> chunk(std::max<std::size_t>(rank, 1), 1);
  if (rank == 0 || H5Pget_layout(properties) != H5D_CHUNKED || H5Pget_chunk(properties, static_cast<int>(rank), chunk.data()) < 0) return 1;
  return static_cast<Index>(std::min<hsize_t>(chunk[0], hsize_t{1} << 40));
}

HostPoints File::read_matrix(const std::string& dataset) const {
  const auto [rows, columns] = table(dataset);
  require_data(dataset);
  require_memory(m_path, dataset, rows, columns);
  const auto points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", rows, columns);
  read_rows(dataset, 1, false, points, 0);
  return points;
}

}  // namespace kswgd::io::hdf5
