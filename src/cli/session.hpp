// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/reduction.hpp>

// The ranks that the program runs on.
namespace kswgd::cli {

/// Where the program was built with MPI and a launcher has started it, MPI from here to the end of main; else one rank.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Reduction& ranks() const { return m_ranks; }

 private:
  Reduction m_ranks;
  bool m_has_mpi = false;
};

}  // namespace kswgd::cli
