// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"
#include "memory_limit.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

// The NumPy format, versions 1 to 3: magic, a header that is a Python dictionary, the numbers.
namespace kswgd::io {
namespace {

constexpr char magic[] = "\x93NUMPY";

[[noreturn]] void refuse(const std::string& path, const std::string& why) { throw InvalidInput("kswgd::io: '" + path + "': " + why); }

/// The text after 'key': in the header.
std::string value_of(const std::string& path, const std::string& header, const std::string& key) {
  const std::size_t at = header.find("'" + key + "'");
  const std::size_t colon = at == std::string::npos ? at : header.find(':', at);
  if (colon == std::string::npos) refuse(path, "the NumPy header has no '" + key + "'");
  const std::size_t start = header.find_first_not_of(' ', colon + 1);
  if (start == std::string::npos) refuse(path, "the NumPy header has no value for '" + key + "'");
  return header.substr(start);
}

/// "(10, 2), ...": the numbers between the parentheses.
std::vector<Index> shape_of(const std::string& path, const std::string& text) {
  const std::size_t end = text.find(')');
  if (text[0] != '(' || end == std::string::npos) refuse(path, "has a NumPy header whose shape is no tuple");
  std::vector<Index> shape;
  for (std::size_t at = 1; at < end;) {
    if (text[at] == ' ' || text[at] == ',' || text[at] == 'L') {  // old Pythons write 10L
      ++at;
      continue;
    }
    if (text[at] < '0' || text[at] > '9') refuse(path, "has a shape that cannot be: " + text.substr(0, std::min<std::size_t>(end + 1, 60)));
    Index extent = 0;
    for (; at < end && text[at] >= '0' && text[at] <= '9'; ++at) {
      if (extent > (Index{1} << 50)) refuse(path, "has a shape that cannot be: " + text.substr(0, std::min<std::size_t>(end + 1, 60)));
      extent = 10 * extent + (text[at] - '0');
    }
    shape.push_back(extent);
  }
  return shape;
}

template <class T>
double number_at(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

using Reader = double (*)(const char*);
Reader reader_of(const std::string& path, const std::string& type, std::size_t& size) {
  const bool order_known = type.size() == 3 && std::string("<>|=").find(type[0]) != std::string::npos;
  const std::string kind = order_known ? type.substr(1) : "";
  size = kind.empty() ? 0 : static_cast<std::size_t>(kind[1] - '0');
  if (kind == "f8") return number_at<double>;
  if (kind == "f4") return number_at<float>;
  if (kind == "i8") return number_at<std::int64_t>;
  if (kind == "i4") return number_at<std::int32_t>;
  if (kind == "i2") return number_at<std::int16_t>;
  if (kind == "i1") return number_at<std::int8_t>;
  if (kind == "u8") return number_at<std::uint64_t>;
  if (kind == "u4") return number_at<std::uint32_t>;
  if (kind == "u2") return number_at<std::uint16_t>;
  if (kind == "u1" || kind == "b1") return number_at<std::uint8_t>;
  refuse(path, "numbers of NumPy type '" + type.substr(0, 40) + "' are not supported; save float64");
}

}  // namespace

namespace {

/// What the header says.
struct Header {
  std::streamoff start = 0;  ///< of the numbers
  std::size_t size = 0;      ///< of one in bytes
  Reader read = nullptr;
  bool swapped = false, fortran = false;
  std::vector<Index> shape;
};

Header open_npy(std::ifstream& file, const std::string& path) {
  if (!file) refuse(path, "cannot be opened for reading: check its permissions");
  char head[12] = {};
  file.read(head, 8);
  if (file.gcount() < 8 || std::memcmp(head, magic, 6) != 0) refuse(path, "is not a NumPy file (it does not begin like one)");
  const int version = head[6];
  if (version < 1 || version > 3) refuse(path, "is a NumPy file of version " + std::to_string(version) + "; versions 1 to 3 are known");
  const int length_bytes = version == 1 ? 2 : 4;
  file.read(head + 8, length_bytes);
  std::size_t length = 0;
  for (int b = 0; b < length_bytes; ++b) length |= static_cast<std::size_t>(static_cast<unsigned char>(head[8 + b])) << (8 * b);
  if (length > (std::size_t{1} << 20)) refuse(path, "is damaged: its header claims " + std::to_string(length) + " bytes");
  std::string text(length, '\0');
  file.read(text.data(), static_cast<std::streamsize>(length));
  if (!file) refuse(path, "is truncated within its header");

  Header header;
  const std::string descr = value_of(path, text, "descr");
  if (descr[0] != '\'') refuse(path, "holds records, not numbers");
  const std::string type = descr.substr(1, descr.find('\'', 1) - 1);
  header.read = reader_of(path, type, header.size);
  header.swapped = header.size > 1 && type[0] == (std::endian::native == std::endian::little ? '>' : '<');
  const std::string order = value_of(path, text, "fortran_order");
  header.fortran = order.rfind("True", 0) == 0;
  if (!header.fortran && order.rfind("False", 0) != 0) refuse(path, "has a NumPy header whose fortran_order is neither True nor False");
  header.shape = shape_of(path, value_of(path, text, "shape"));

  // What the header claims against what is there, before anything is allocated.
  header.start = file.tellg();
  file.seekg(0, std::ios::end);
  const auto there = static_cast<std::uint64_t>(file.tellg() - std::streampos(header.start)) / header.size;
  std::string claimed;
  double all = 1;
  for (const Index extent : header.shape) {
    claimed += (claimed.empty() ? "" : " x ") + std::to_string(extent);
    all *= static_cast<double>(extent);
  }
  if (header.shape.size() == 1) claimed += " x 1";
  if (all > static_cast<double>(there)) refuse(path, "is truncated: " + claimed + " numbers are claimed, " + std::to_string(there) + " are there");
  return header;
}

/// Rows of an array as a matrix: what stands behind its first dimension is one row.
HostPoints read_rows(std::ifstream& file, const std::string& path, const Header& header, Index columns, const ReadOptions& options) {
  const Index rows = header.shape[0];
  const auto [first, last] = part_of(rows_left(rows, options.stride), options);
  const Index kept = last - first;
  require_memory(path, "", kept, columns);
  const auto points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::npy", kept, columns);
  if (kept == 0 || columns == 0) return points;
  // Rows of `width` numbers, or where the file goes column by column of one; from the first row that is kept on, in pieces.
  const Index passes = header.fortran ? columns : 1, width = header.fortran ? 1 : columns, stride = std::min(options.stride, rows);
  const Index at_once = std::max<Index>(1, (Index{1} << 17) / (width * stride));
  std::vector<char> buffer;
  for (Index pass = 0; pass < passes; ++pass) {
    file.seekg(header.start + static_cast<std::streamoff>((pass * rows + first * stride * width) * static_cast<Index>(header.size)));
    for (Index row = first; row < last; row += at_once) {
      const Index count = std::min(at_once, last - row), lines = std::min(count * stride, rows - row * stride);
      buffer.resize(static_cast<std::size_t>(lines * width) * header.size);
      if (!file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) refuse(path, "cannot be read");
      for (Index i = 0; i < count; ++i) {
        char* number = buffer.data() + static_cast<std::size_t>(i * stride * width) * header.size;
        for (Index k = 0; k < width; ++k, number += header.size) {
          if (header.swapped) std::reverse(number, number + header.size);
          points(row - first + i, pass + k) = header.read(number);
        }
      }
    }
  }
  return points;
}

}  // namespace

HostPoints read_npy(const std::string& path, const ReadOptions& options, Index& all_rows) {
  std::ifstream file(path, std::ios::binary);
  const Header header = open_npy(file, path);
  const std::size_t dimensions = header.shape.size();
  if (dimensions != 1 && dimensions != 2) refuse(path, "has " + std::to_string(dimensions) + " dimensions, expected 2 (points x coordinates)");
  all_rows = header.shape[0];
  return read_rows(file, path, header, dimensions == 2 ? header.shape[1] : 1, options);
}

Particles npy_particles(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const Header header = open_npy(file, path);
  Particles particles;
  particles.path = path;
  particles.object = "the array";
  if (header.shape.size() != 3) return particles;
  particles.is_array = true;
  particles.frames = header.shape[0];
  particles.count = header.shape[1];
  particles.dimension = header.shape[2];
  particles.read = [path, header, n = header.shape[1], d = header.shape[2]](Index first, Index count, Index stride, double* values) {
    std::ifstream again(path, std::ios::binary);
    for (Index f = 0; f < count;) {
      // The stride of rows begins at the first row: where these frames do not, they are read one by one.
      const bool at_once = first % stride == 0;
      const Index begin = at_once ? first / stride : first + f * stride, frames = at_once ? count : 1;
      ReadOptions rows;
      rows.stride = at_once ? stride : 1;
      rows.rows = {begin, begin + frames};
      const HostPoints read = read_rows(again, path, header, n * d, rows);
      for (Index i = 0; i < frames; ++i)
        for (Index particle = 0; particle < n; ++particle)
          for (Index k = 0; k < d; ++k) values[(f + i) * n * d + particle * d + k] = read(i, header.fortran ? particle + n * k : particle * d + k);
      f += frames;
    }
  };
  return particles;
}

void write_npy(AtomicFile& file, const HostPoints& points) {
  std::string text = std::string("{'descr': '") + (std::endian::native == std::endian::little ? '<' : '>') + "f8', 'fortran_order': True, 'shape': (" +
                     std::to_string(points.extent(0)) + ", " + std::to_string(points.extent(1)) + "), }";
  text.append((64 - (10 + text.size() + 1) % 64) % 64, ' ');  // the numbers begin at a multiple of 64 bytes
  text += '\n';
  const char length[2] = {static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  text.insert(0, std::string(magic) + std::string("\x01\x00", 2) + std::string(length, 2));
  file.append(text.data(), text.size());
  for (std::size_t k = 0; k < points.extent(1) && points.extent(0) > 0; ++k) file.append(&points(0, k), points.extent(0) * sizeof(double));
}

}  // namespace kswgd::io
