// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"

#include <kswgd/support/check.hpp>

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
  return header.substr(header.find_first_not_of(' ', colon + 1));
}

template <class T>
double number_at(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

using Reader = double (*)(const char*);
Reader reader_of(const std::string& path, const std::string& type, std::size_t& size) {
  const std::string kind = type.substr(1);
  if (type[0] == '>') refuse(path, "big-endian numbers are not supported");
  size = static_cast<std::size_t>(std::atoi(kind.c_str() + 1));
  if (kind == "f8") return number_at<double>;
  if (kind == "f4") return number_at<float>;
  if (kind == "i8") return number_at<std::int64_t>;
  if (kind == "i4") return number_at<std::int32_t>;
  if (kind == "i2") return number_at<std::int16_t>;
  if (kind == "i1") return number_at<std::int8_t>;
  if (kind == "u8") return number_at<std::uint64_t>;
  if (kind == "u4") return number_at<std::uint32_t>;
  if (kind == "u2") return number_at<std::uint16_t>;
  if (kind == "u1") return number_at<std::uint8_t>;
  refuse(path, "numbers of NumPy type '" + type + "' are not supported");
}

}  // namespace

HostPoints read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, "there is no such file");
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.size() < 12 || std::memcmp(bytes.data(), magic, 6) != 0) refuse(path, "is not a NumPy file");
  const bool wide = bytes[6] >= 2;
  const std::size_t start = wide ? 12 : 10;
  const std::size_t length = wide ? static_cast<std::size_t>(number_at<std::uint32_t>(&bytes[8])) : static_cast<std::size_t>(number_at<std::uint16_t>(&bytes[8]));
  if (start + length > bytes.size()) refuse(path, "is truncated");
  const std::string header = bytes.substr(start, length);

  const std::string descr = value_of(path, header, "descr");
  if (descr.size() < 4 || descr[0] != '\'') refuse(path, "holds records, not numbers");
  std::size_t size = 0;
  const Reader read = reader_of(path, descr.substr(1, descr.find('\'', 1) - 1), size);
  const bool fortran = value_of(path, header, "fortran_order").rfind("True", 0) == 0;
  std::string shape_text = value_of(path, header, "shape");
  shape_text = shape_text.substr(1, shape_text.find(')') - 1);
  std::vector<Index> shape;
  for (std::size_t at = 0; at < shape_text.size();) {
    const std::size_t digits = shape_text.find_first_of("0123456789", at);
    if (digits == std::string::npos) break;
    std::size_t used = 0;
    shape.push_back(std::stoll(shape_text.substr(digits), &used));
    at = digits + used;
  }
  if (shape.size() != 1 && shape.size() != 2) refuse(path, "has " + std::to_string(shape.size()) + " dimensions, expected 2 (points x coordinates)");
  const Index rows = shape[0], columns = shape.size() == 2 ? shape[1] : 1;
  const char* data = bytes.data() + start + length;
  const auto wanted = static_cast<unsigned __int128>(rows) * static_cast<unsigned __int128>(columns) * size;
  if (wanted > bytes.size() - start - length) refuse(path, "is truncated");
  const HostPoints points("kswgd::io::npy", rows, columns);
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k) points(i, k) = read(data + static_cast<std::size_t>(fortran ? k * rows + i : i * columns + k) * size);
  return points;
}

void write_npy(const std::string& path, const HostPoints& points) {
  std::string header = "{'descr': '<f8', 'fortran_order': True, 'shape': (" + std::to_string(points.extent(0)) + ", " +
                       std::to_string(points.extent(1)) + "), }";
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  const auto length = static_cast<std::uint16_t>(header.size());
  file.write(magic, 6).write("\x01\x00", 2).write(reinterpret_cast<const char*>(&length), 2);
  file << header;
  for (std::size_t k = 0; k < points.extent(1); ++k)
    file.write(reinterpret_cast<const char*>(&points(0, k)), static_cast<std::streamsize>(points.extent(0) * sizeof(double)));
  file.close();
  if (!file) throw Failure("kswgd::io: writing '" + path + "' failed (is the disk full?)");
}

}  // namespace kswgd::io
