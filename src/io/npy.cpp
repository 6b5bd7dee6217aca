// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"
#include "memory_limit.hpp"
#include "numbers_file.hpp"
#include "same_file.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

// The NumPy format, versions 1 to 3: magic, a header that is a Python dictionary, the numbers.
namespace kswgd::io {
namespace {

constexpr char magic[] = "\x93NUMPY";

/// The text after 'key': in the header.
std::string value_of(const std::string& path, const std::string& header, const std::string& key) {
  const std::size_t at = header.find("'" + key + "'");
  const std::size_t colon = at == std::string::npos ? at : header.find(':', at);
  if (colon == std::string::npos) refuse(path, "has a NumPy header without '" + key + "'");
  const std::size_t start = header.find_first_not_of(' ', colon + 1);
  if (start == std::string::npos) refuse(path, "has a NumPy header without a value for '" + key + "'");
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

using NumberReader = double (*)(const char*);
NumberReader reader_of(const std::string& path, const std::string& type, std::size_t& size) {
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
  refuse(path, "holds numbers of NumPy type '" + type.substr(0, 40) + "', which are not supported; save float64");
}

/// What the header says: one row is what stands behind the first dimension.
struct Header {
  NumbersLayout layout;
  std::vector<Index> shape;
};

Header open_npy(const NumbersFile& file, const std::string& path) {
  char head[12] = {};
  if (file.read_bytes(0, head, 8) < 8 || std::memcmp(head, magic, 6) != 0) refuse(path, "is not a NumPy file (it does not begin like one)");
  const int version = head[6];
  if (version < 1 || version > 3) refuse(path, "is a NumPy file of version " + std::to_string(version) + "; versions 1 to 3 are known");
  const int length_bytes = version == 1 ? 2 : 4;
  bool whole = file.read_bytes(8, head + 8, static_cast<std::size_t>(length_bytes)) == static_cast<std::size_t>(length_bytes);
  std::size_t length = 0;
  for (int b = 0; b < length_bytes; ++b) length |= static_cast<std::size_t>(static_cast<unsigned char>(head[8 + b])) << (8 * b);
  if (length > (std::size_t{1} << 20)) refuse(path, "is damaged: its header claims " + std::to_string(length) + " bytes");
  std::string text(length, '\0');
  whole = whole && file.read_bytes(8 + length_bytes, text.data(), length) == length;
  if (!whole) refuse(path, "is truncated within its header");

  const std::string descr = value_of(path, text, "descr");
  if (descr[0] != '\'') refuse(path, "holds records, not numbers");
  const std::string type = descr.substr(1, descr.find('\'', 1) - 1);
  Header header;
  NumbersLayout& layout = header.layout;
  layout.number = reader_of(path, type, layout.size);
  layout.swapped = layout.size > 1 && type[0] == (std::endian::native == std::endian::little ? '>' : '<');
  const std::string order = value_of(path, text, "fortran_order");
  layout.by_column = order.rfind("True", 0) == 0;
  if (!layout.by_column && order.rfind("False", 0) != 0) refuse(path, "has a NumPy header whose fortran_order is neither True nor False");
  header.shape = shape_of(path, value_of(path, text, "shape"));
  layout.start = 8 + length_bytes + static_cast<Index>(length);

  // What the header claims against what is there, before anything is allocated.
  const auto there = static_cast<std::uint64_t>(std::max<Index>(0, file.size() - layout.start)) / layout.size;
  std::string claimed;
  double all = 1;
  for (const Index extent : header.shape) {
    claimed += (claimed.empty() ? "" : " x ") + std::to_string(extent);
    all *= static_cast<double>(extent);
  }
  if (header.shape.size() == 1) claimed += " x 1";
  if (all > static_cast<double>(there)) refuse(path, "is truncated: " + claimed + " numbers are claimed, " + std::to_string(there) + " are there");
  layout.rows = header.shape.empty() ? 1 : header.shape[0];
  layout.columns = 1;
  for (std::size_t k = 1; k < header.shape.size() && all > 0; ++k) layout.columns *= header.shape[k];
  if (header.shape.size() == 2) layout.columns = header.shape[1];
  return header;
}

}  // namespace

HostPoints read_npy(const std::string& path, const ReadOptions& options, Index& all_rows, RowReader& reader) {
  const SameFile same(path);
  const NumbersFile file(path);
  const Header header = open_npy(file, path);
  const std::size_t dimensions = header.shape.size();
  if (dimensions != 1 && dimensions != 2) refuse(path, "has " + std::to_string(dimensions) + " dimensions, expected 2 (points x coordinates)");
  const NumbersLayout layout = header.layout;
  all_rows = layout.rows;
  const Index stride = std::min(options.stride, std::max<Index>(layout.rows, 1));
  const auto [first, last] = part_of(rows_left(layout.rows, stride), options);
  const Index kept = options.in_place ? 0 : last - first;
  require_memory(path, "", kept, layout.columns);
  const auto points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::npy", kept, layout.columns);
  if (options.in_place) {
    reader = same.guarded([=](Index begin, Index end, const HostPoints& target, Index row) {
      file.read(layout, stride, begin, end, target, row);
      require_finite(path, target, row, begin, end, stride);
    });
  } else if (kept > 0 && layout.columns > 0) {
    file.read(layout, stride, first, last, points, 0);
  }
  return points;
}

Particles npy_particles(const std::string& path) {
  const NumbersFile file(path);
  const Header header = open_npy(file, path);
  Particles particles;
  particles.path = path;
  particles.object = "the array";
  if (header.shape.size() != 3) return particles;
  particles.is_array = true;
  particles.frames = header.shape[0];
  particles.count = header.shape[1];
  particles.dimension = header.shape[2];
  particles.read = [file, layout = header.layout, n = header.shape[1], d = header.shape[2]](Index first, Index count, Index stride, double* values) {
    for (Index f = 0; f < count;) {
      // The stride of rows begins at the first row: where these frames do not, they are read one by one.
      const bool at_once = first % stride == 0;
      const Index begin = at_once ? first / stride : first + f * stride, frames = at_once ? count : 1;
      const auto read = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::npy", frames, n * d);
      file.read(layout, at_once ? stride : 1, begin, begin + frames, read, 0);
      for (Index i = 0; i < frames; ++i)
        for (Index particle = 0; particle < n; ++particle)
          for (Index k = 0; k < d; ++k) values[(f + i) * n * d + particle * d + k] = read(i, layout.by_column ? particle + n * k : particle * d + k);
      f += frames;
    }
  };
  return particles;
}

std::string npy_header(Index rows, Index columns) {
  std::string text = std::string("{'descr': '") + (std::endian::native == std::endian::little ? '<' : '>') + "f8', 'fortran_order': True, 'shape': (" +
                     std::to_string(rows) + ", " + std::to_string(columns) + "), }";
  text.append((64 - (10 + text.size() + 1) % 64) % 64, ' ');  // the numbers begin at a multiple of 64 bytes
  text += '\n';
  const char length[2] = {static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return text.insert(0, std::string(magic) + std::string("\x01\x00", 2) + std::string(length, 2));
}

}  // namespace kswgd::io
