// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cmath>
#include <stdexcept>
#include <string>

/// @file
/// Errors with sentences. Two kinds, because a caller must tell them apart: input that cannot be used, and work that
/// failed on usable input.

namespace kswgd {

/// What every exception of the library derives from.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The caller's input cannot be used (wrong shape, NaN, too few points, unreadable file). The program exits with 2.
class InvalidInput : public Error {
  using Error::Error;
};

/// The input was usable, the work failed (a factorisation broke down, a disk is full). The program exits with 1.
class Failure : public Error {
  using Error::Error;
};

/// Throws InvalidInput with the sentence "function: what is wrong" unless the good condition holds.
/// The message is a callable, so that nothing is formatted on the good path.
template <class Message>
void require(bool good, const char* function, Message&& message) {
  if (!good) throw InvalidInput(std::string("kswgd::") + function + ": " + std::forward<Message>(message)());
}

/// An option that must be a finite positive number (a plain `x > 0` would let infinity through, `!(x <= 0)` NaN).
inline void require_positive(double value, const char* function, const char* name) {
  require(std::isfinite(value) && value > 0, function, [&] { return std::string(name) + " must be a finite positive number, got " + std::to_string(value); });
}

}  // namespace kswgd
