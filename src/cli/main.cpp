// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "address_space.hpp"
#include "command_line.hpp"
#include "kokkos_arguments.hpp"
#include "printable.hpp"
#include "session.hpp"

#include <kswgd/algebra/blas_kernels.hpp>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <unistd.h>
#include <vector>

namespace {

enum Status { done = 0, failed = 1, unusable = 2 };

/// The other ranks end with the same status; of those that fail together the first speaks.
int complain(const kswgd::Reduction& ranks, Status status, std::string what) {
  if (!ranks.fail(status)) return status;
  const std::string prefix = "kswgd::";  // the library names its functions, the program its name
  if (what.rfind(prefix, 0) == 0) what = what.substr(prefix.size());
  std::fprintf(stderr, "kswgd: error: %s\n", kswgd::cli::printable(what, false).c_str());
  return status;
}

/// Throws where stdout did not take what was printed.
void check_stdout() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw kswgd::Failure("standard output cannot be written to");
}

/// Does the work between Kokkos' beginning and end. --help and wrong usage never come here.
void run_with_kokkos(const kswgd::cli::CommandLine& line, char* program) {
  std::vector<std::string> arguments = line.kokkos_arguments();
  if (line.common().quiet) arguments.emplace_back("--kokkos-disable-warnings");
  std::vector<char*> pointers{program};
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  const Kokkos::ScopeGuard guard(count, pointers.data());
  line.work()(line.common());
}

/// A thread that waits for the others gives up its core after some microseconds: a fit of 10^4 points beside two busy programs on two
/// cores took 26 s with GNU's own patience and 3 to 8 s like this; alone it takes .8 s either way. Threads may move between cores. True
/// where OpenMP must be loaded again to see it.
bool sets_openmp() {
#ifdef KOKKOS_ENABLE_OPENMP
  setenv("OMP_PROC_BIND", "false", 0);  // Kokkos warns where nobody has said it
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return false;
  setenv("GOMP_SPINCOUNT", "2000", 1);
  return true;
#else
  return false;
#endif
}

/// An OpenBLAS that does not know the processor: a fit of 10^4 points took 2.2 s with the kernels of a Prescott and 1.0 s with those for AVX-512.
bool sets_blas_kernels() {
  const std::string wider = kswgd::algebra::wider_blas_kernels();
  if (wider.empty() || std::getenv("OPENBLAS_CORETYPE")) return false;
  setenv("OPENBLAS_CORETYPE", wider.c_str(), 1);
  return true;
}

/// OpenMP and OpenBLAS read their settings when they are loaded, before main; where nobody made any the program makes them and starts itself anew, once.
void restart_with_settings(char** argv) {
  const bool openmp = sets_openmp(), blas = sets_blas_kernels();
  if (openmp || blas) execv("/proc/self/exe", argv);  // returns where there is no such file: then things stay as they are
}

int guarded_main(const kswgd::Reduction& ranks, int argc, char** argv) {
  namespace cli = kswgd::cli;
  cli::CommandLine line({argv + std::min(argc, 1), argv + argc}, ranks);
  if (!line.read()) {
    if (ranks.is_first()) std::printf("%s", line.text().c_str());
    check_stdout();
    ranks.agree();
    return done;
  }
  line.files().check();
  cli::check_kokkos_arguments(line.kokkos_arguments());
  if (ranks.is_first() || line.entry().on_ranks == cli::OnRanks::shared) {
    if (line.entry().needs_kokkos)
      run_with_kokkos(line, argv[0]);
    else
      line.work()(line.common());
  }
  // Lines for people beside a result that has a file of its own: nothing is lost without them.
  if (line.common().json == "-" || !line.files().has_output()) check_stdout();
  ranks.agree();  // nothing appears where one rank has failed
  line.outputs().commit();
  ranks.agree();  // nor is all well before it is there
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  kswgd::io::hold_standard_descriptors();
  restart_with_settings(argv);
  kswgd::io::remove_unfinished_files_on_signals();
  kswgd::io::leave_hdf5_at_exit();
  kswgd::cli::take_blas_buffers();
  const kswgd::cli::Session session;
  const kswgd::Reduction& ranks = session.ranks();
  try {
    return guarded_main(ranks, argc, argv);
  } catch (const kswgd::PeerFailure& error) {
    return error.status;  // the rank that failed has said why
  } catch (const kswgd::InvalidInput& error) {
    return complain(ranks, unusable, error.what());
  } catch (const std::bad_alloc&) {
    return complain(ranks, failed, "there is not enough memory; fewer features (--features) or points (--stride) need less");
  } catch (const std::exception& error) {
    return complain(ranks, failed, error.what());
  } catch (...) {
    return complain(ranks, failed, "an error of unknown kind");
  }
}
