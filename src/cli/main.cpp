// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"
#include "kokkos_arguments.hpp"

#include <fmt/core.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <unistd.h>
#include <vector>

namespace {

enum Status { done = 0, failed = 1, unusable = 2 };

int complain(Status status, std::string what) {
  const std::string prefix = "kswgd::";  // the library names its functions, the program its name
  if (what.rfind(prefix, 0) == 0) what = what.substr(prefix.size());
  for (char& c : what)
    if (c == '\n') c = ' ';
  std::fprintf(stderr, "kswgd: error: %s\n", what.c_str());  // does not throw
  return status;
}

/// Runs the chosen command between Kokkos' beginning and end. --help and wrong usage never come here.
void run(const kswgd::cli::Common& common, std::vector<std::string>& kokkos_arguments, char* program) {
  kswgd::cli::check_kokkos_arguments(kokkos_arguments);
  common.check_json();
  std::vector<char*> pointers{program};
  for (std::string& argument : kokkos_arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  const Kokkos::ScopeGuard guard(count, pointers.data());
  common.run();
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw kswgd::Failure("standard output cannot be written to");
}

/// OpenMP reads its settings when it is loaded, before main; where nobody made any the program makes them and starts itself anew.
/// A thread that waits for the others gives up its core after some microseconds: a fit of 10^4 points beside two busy programs on two
/// cores took 26 s with GNU's own patience and 3 to 8 s like this; alone it takes .8 s either way. Threads may move between cores.
void restart_with_openmp_settings([[maybe_unused]] char** argv) {
#ifdef KOKKOS_ENABLE_OPENMP
  for (const char* name : {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"})
    if (std::getenv(name)) {
      setenv("OMP_PROC_BIND", "false", 0);  // too late for OpenMP, but Kokkos warns where nobody has said it
      return;
    }
  setenv("GOMP_SPINCOUNT", "2000", 1);
  setenv("OMP_PROC_BIND", "false", 0);
  execv("/proc/self/exe", argv);  // returns where there is no such file: then things stay as they are
#endif
}

int guarded_main(int argc, char** argv) {
  kswgd::cli::Common common;
  std::vector<std::string> arguments, kokkos_arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    (argument.rfind("--kokkos-", 0) == 0 ? kokkos_arguments : arguments).push_back(argument);
    common.command_line += (i > 1 ? " " : "") + argument;
  }

  CLI::App app{"kswgd: from trajectories or samples of an unknown law to new samples of it (Koopman Spectral Wasserstein Gradient Descent)", "kswgd"};
  app.set_version_flag("--version", fmt::format("kswgd {} ({})", kswgd::version(), kswgd::git_hash()));
  app.require_subcommand(1);
  kswgd::cli::add_simulate(app, common);
  kswgd::cli::add_fit(app, common);
  kswgd::cli::add_spectrum(app, common);
  kswgd::cli::add_evaluate(app, common);
  kswgd::cli::add_sample(app, common);
  kswgd::cli::add_score(app, common);
  kswgd::cli::add_reproduce(app, common);
  kswgd::cli::add_plot(app, common);
  kswgd::cli::add_info(app, common);
  kswgd::cli::add_bench(app, common);
  kswgd::cli::add_timescales(app, common);
  kswgd::cli::add_chapman_kolmogorov(app, common);
  kswgd::cli::add_koopman(app, common);
  kswgd::cli::add_observables(app, common);
  std::string names;
  bool known = false;
  const auto command = std::find_if(arguments.begin(), arguments.end(), [](const std::string& argument) { return argument.rfind('-', 0) != 0; });
  for (const CLI::App* one : app.get_subcommands({})) {
    names += " " + one->get_name();
    known = known || (command != arguments.end() && one->get_name() == *command);
  }
  if (command != arguments.end() && !known) return complain(unusable, fmt::format("there is no command '{}'; the commands are:{}", *command, names));
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes a vector
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return complain(unusable, std::string(error.what()) + " (see: kswgd --help)");
  }
  run(common, kokkos_arguments, argv[0]);
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  restart_with_openmp_settings(argv);
  kswgd::io::remove_unfinished_files_on_signals();
  try {
    return guarded_main(argc, argv);
  } catch (const kswgd::InvalidInput& error) {
    return complain(unusable, error.what());
  } catch (const std::bad_alloc&) {
    return complain(failed, "there is not enough memory; fewer features (--features) or points (--stride) need less");
  } catch (const std::exception& error) {
    return complain(failed, error.what());
  } catch (...) {
    return complain(failed, "an error of unknown kind");
  }
}
