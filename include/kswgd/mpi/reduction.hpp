// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/reduction.hpp>
#include <mpi.h>

/// @file
/// The ranks of an MPI communicator, for fits and flows over rows and particles that they share. The component kswgd::mpi.

namespace kswgd::mpi {

/// The ranks of `communicator`, which stays the caller's: it must outlive every copy of the result, and nothing else may use it while a
/// call of the library is under way. Neither initialises nor finalises MPI. Sums are formed on rank 0, in an order that depends on the
/// number of ranks alone as far as the MPI keeps its advice to implementors, and sent from there: all ranks get the same bits. Cost of a
/// call on m numbers: one of one number, a reduction and a broadcast of 8 m bytes. Throws InvalidInput for MPI_COMM_NULL and where MPI is
/// not initialised.
Reduction reduction(MPI_Comm communicator);

}  // namespace kswgd::mpi
