// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "session.hpp"

#ifdef KSWGD_HAVE_MPI
#include <kswgd/mpi/session.hpp>

#include <cstdlib>
#endif

namespace kswgd::cli {

#ifdef KSWGD_HAVE_MPI

Session::Session() {
  // What the launchers of Open MPI, MPICH and its relatives, PMIx and Slurm's own leave behind. Without one MPI would start alone: half a second for nothing.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK", "MPI_LOCALNRANKS"}) m_has_mpi = m_has_mpi || std::getenv(name);
  if (m_has_mpi) m_ranks = mpi::begin();
}

Session::~Session() {
  m_ranks = {};
  if (m_has_mpi) mpi::end();
}

#else

Session::Session() = default;
Session::~Session() = default;

#endif

}  // namespace kswgd::cli
