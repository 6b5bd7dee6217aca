// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "seal.hpp"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <kswgd/support/check.hpp>
#include <vector>

namespace kswgd::io::detail {
namespace {

using Seal = std::array<unsigned char, seal_size>;

template <class T>
void put(Seal& seal, std::size_t at, T value) {
  for (std::size_t b = 0; b < sizeof(T); ++b) seal[at + b] = static_cast<unsigned char>(value >> (8 * b));
}
template <class T>
T get(const unsigned char* from) {
  T value = 0;
  for (std::size_t b = 0; b < sizeof(T); ++b) value |= static_cast<T>(from[b]) << (8 * b);
  return value;
}

/// 64 bits over a stream of bytes, eight at a time: xor, multiply by an odd number, mix the high half into the low one.
class Checksum {
 public:
  /// Every call but the last takes a multiple of 8 bytes.
  void add(const unsigned char* bytes, std::size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) step(get<std::uint64_t>(bytes));
    if (count > 0) {
      unsigned char rest[8] = {};
      std::memcpy(rest, bytes, count);
      step(get<std::uint64_t>(rest));
    }
  }
  std::uint64_t value() const { return m_state; }

 private:
  void step(std::uint64_t word) {
    m_state = (m_state ^ word) * 0x9E3779B97F4A7C15U;
    m_state ^= m_state >> 32;
  }
  std::uint64_t m_state = 0xCBF29CE484222325U;
};

std::uint64_t checksum_of_rest(std::istream& file, std::uint64_t& length) {
  Checksum sum;
  length = 0;
  std::vector<unsigned char> buffer(std::size_t{1} << 20);
  while (file) {
    file.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
    sum.add(buffer.data(), static_cast<std::size_t>(file.gcount()));
    length += static_cast<std::uint64_t>(file.gcount());
  }
  return sum.value();
}

std::uint64_t checksum_of_head(const Seal& seal) {
  Checksum sum;
  sum.add(seal.data(), seal.size() - 8);
  return sum.value();
}

}  // namespace

void fill_seal(unsigned char* file, std::size_t size, const SealKind& kind) {
  Seal seal{};
  std::memcpy(seal.data(), kind.magic, 8);
  put(seal, 8, kind.version);
  put(seal, 16, std::uint64_t{size - seal_size});
  Checksum sum;
  sum.add(file + seal_size, size - seal_size);
  put(seal, 24, sum.value());
  const std::string note = std::string("\nA kswgd ") + kind.noun + ": HDF5 from byte 512 on. Made by kswgd, not to be edited.\n";
  std::memcpy(seal.data() + 32, note.data(), note.size());
  put(seal, seal_size - 8, checksum_of_head(seal));
  std::memcpy(file, seal.data(), seal_size);
}

bool has_seal(const std::string& path, const SealKind& kind) {
  std::ifstream file(path, std::ios::binary);
  char magic[8] = {};
  return file.read(magic, 8) && std::memcmp(magic, kind.magic, 8) == 0;
}

void check_seal(const std::string& path, const SealKind& kind) {
  const std::string noun = kind.noun;
  const auto refuse = [&](const std::string& what) { throw InvalidInput("'" + path + "' " + what); };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) refuse("does not exist");
  if (std::filesystem::is_directory(status)) refuse("is a folder, not a " + noun + " file");
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse("cannot be opened for reading: check its permissions");
  Seal seal{};
  file.read(reinterpret_cast<char*>(seal.data()), seal_size);
  const auto size = file.gcount();
  if (size < 8 || std::memcmp(seal.data(), kind.magic, 8) != 0) {
    // A damaged magic and a stranger's file differ in the rest of the seal.
    const bool ours = size == seal_size && std::memcmp(seal.data() + 32, "\nA kswgd ", 9) == 0;
    const bool other_kind = ours && std::memcmp(seal.data(), "KSWGD", 5) == 0;
    if (other_kind) refuse("is not a " + noun + ", but another file of kswgd, or damaged");
    if (ours) refuse("is damaged: its first bytes have changed");
    refuse(size == 0 ? "is empty, not a " + noun
                     : "is not a kswgd " + noun + " (it does not begin like one); is it a data file, or damaged?");
  }
  if (size < seal_size) refuse("is truncated: it ends within its first 512 bytes");
  if (get<std::uint64_t>(seal.data() + seal_size - 8) != checksum_of_head(seal)) {
    refuse("is damaged: its first 512 bytes do not have their checksum");
  }
  const auto version = get<std::uint32_t>(seal.data() + 8);
  if (version > kind.version) {
    refuse("has the format version " + std::to_string(version) + ", and this kswgd reads versions up to " +
           std::to_string(kind.version) + ": use a newer kswgd");
  }
  const auto length = get<std::uint64_t>(seal.data() + 16);
  std::uint64_t found = 0;
  const std::uint64_t sum = checksum_of_rest(file, found);
  if (found < length) {
    refuse("is truncated: it has " + std::to_string(found + seal_size) + " of its " + std::to_string(length + seal_size) + " bytes");
  }
  if (found > length) refuse("is damaged: " + std::to_string(found - length) + " bytes follow its end");
  if (sum != get<std::uint64_t>(seal.data() + 24)) {
    refuse("is damaged, or was changed after it was written: its content does not have its checksum (format version " +
           std::to_string(version) + ")");
  }
}

}  // namespace kswgd::io::detail
