// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/mpi/reduction.hpp>
#include <kswgd/mpi/session.hpp>

#include <algorithm>

namespace kswgd::mpi {
namespace {

/// Throws unless the call succeeded; where the communicator's errors are fatal, as they are by default, it has not come back.
void must(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw Failure(std::string("kswgd::mpi: ") + call + " failed: " + std::string(text, static_cast<std::size_t>(length)));
}

/// values := their sum or maximum over the ranks.
void reduce(MPI_Comm communicator, double* values, Index count, MPI_Op operation) {
  int rank = 0;
  must(MPI_Comm_rank(communicator, &rank), "MPI_Comm_rank");
  const void* send = rank == 0 ? MPI_IN_PLACE : values;
  must(MPI_Reduce(send, rank == 0 ? values : nullptr, static_cast<int>(count), MPI_DOUBLE, operation, 0, communicator), "MPI_Reduce");
  must(MPI_Bcast(values, static_cast<int>(count), MPI_DOUBLE, 0, communicator), "MPI_Bcast");
}

}  // namespace

Reduction reduction(MPI_Comm communicator) {
  int initialised = 0, rank = 0, size = 0;
  must(MPI_Initialized(&initialised), "MPI_Initialized");
  require(initialised && communicator != MPI_COMM_NULL, "mpi::reduction", [] { return "MPI must be initialised, and the communicator not MPI_COMM_NULL"; });
  must(MPI_Comm_rank(communicator, &rank), "MPI_Comm_rank");
  must(MPI_Comm_size(communicator, &size), "MPI_Comm_size");
  return Reduction(rank, size,
                   {[communicator](double* values, Index count) { reduce(communicator, values, count, MPI_SUM); },
                    [communicator](double* values, Index count) { reduce(communicator, values, count, MPI_MAX); },
                    [communicator](void* bytes, Index count) {
                      constexpr Index longest = Index{1} << 30;  // MPI counts in 32 bits
                      for (Index done = 0; done < count; done += longest)
                        must(MPI_Bcast(static_cast<char*>(bytes) + done, static_cast<int>(std::min(longest, count - done)), MPI_BYTE, 0, communicator),
                             "MPI_Bcast");
                    }});
}

Reduction begin() {
  int provided = 0;
  must(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  return reduction(MPI_COMM_WORLD);
}

void end() { MPI_Finalize(); }

}  // namespace kswgd::mpi
