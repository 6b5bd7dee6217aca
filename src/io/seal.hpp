// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cstdint>
#include <kswgd/io/model_file.hpp>
#include <string>

/// @file
/// The first 512 bytes of a model or a checkpoint:
///
///     0   8  magic: KSWGDMDL or KSWGDCKP
///     8   4  format version
///    12   4  zero
///    16   8  length of all that follows the seal
///    24   8  checksum of all that follows the seal
///    32 472  a line for people, then zeros
///   504   8  checksum of the 504 bytes before
///
/// Numbers are little-endian. Every byte of the file is under one of the two checksums, and a single changed byte changes a
/// checksum for certain: each step of it is a bijection of the state.

namespace kswgd::io::detail {

inline constexpr std::int64_t seal_size = 512;

struct SealKind {
  const char* magic;  ///< 8 characters
  const char* noun;   ///< "model"
  std::uint32_t version;
};

/// Fills the first 512 of the bytes of a file.
void fill_seal(unsigned char* file, std::size_t size, const SealKind& kind);

/// Throws InvalidInput that says what is wrong with the file.
void check_seal(const std::string& file, const SealKind& kind);

/// Whether the file begins with this kind's magic. False for a file that cannot be read.
bool has_seal(const std::string& file, const SealKind& kind);

inline constexpr SealKind model_seal{"KSWGDMDL", "model", model_format_version};
inline constexpr SealKind checkpoint_seal{"KSWGDCKP", "checkpoint", 1};

}  // namespace kswgd::io::detail
