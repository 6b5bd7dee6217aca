// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/reduction.hpp>

/// @file
/// MPI's beginning and end for a program that has no use of it but the ranks. Libraries are handed a communicator: see
/// kswgd/mpi/reduction.hpp.

namespace kswgd::mpi {

/// Initialises MPI, for calls from one thread, and returns the ranks of MPI_COMM_WORLD.
Reduction begin();
/// Finalises MPI.
void end();

}  // namespace kswgd::mpi
