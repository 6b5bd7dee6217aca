// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>

#include <csignal>
#include <new>
#include <vector>

namespace {

enum Status { done = 0, failed = 1, unusable = 2 };

int complain(Status status, std::string what) {
  const std::string prefix = "kswgd::";  // the library names its functions, the program its name
  if (what.rfind(prefix, 0) == 0) what = what.substr(prefix.size());
  for (char& c : what)
    if (c == '\n') c = ' ';
  fmt::print(stderr, "kswgd: error: {}\n", what);
  return status;
}

extern "C" void clean_up(int signal) {
  kswgd::io::remove_unfinished_files();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// Runs the chosen command between Kokkos' beginning and end. --help and wrong usage never come here.
int run(const kswgd::cli::Common& common, std::vector<char*> kokkos_arguments) {
  int count = static_cast<int>(kokkos_arguments.size());
  kokkos_arguments.push_back(nullptr);
  try {
    const Kokkos::ScopeGuard guard(count, kokkos_arguments.data());
    common.run();
    return done;
  } catch (const kswgd::InvalidInput& error) {
    return complain(unusable, error.what());
  } catch (const std::bad_alloc&) {
    return complain(failed, "there is not enough memory; fewer features (--features) or points (--stride) need less");
  } catch (const std::exception& error) {
    return complain(failed, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, clean_up);
  // OpenMP's threads stay where they are only if told so before the first parallel region; Kokkos warns where nobody has.
  setenv("OMP_PROC_BIND", "false", 0);

  kswgd::cli::Common common;
  std::vector<char*> kokkos_arguments{argv[0]};
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]).rfind("--kokkos-", 0) == 0) {
      kokkos_arguments.push_back(argv[i]);
    } else {
      arguments.emplace_back(argv[i]);
    }
    common.command_line += (i > 1 ? " " : "") + std::string(argv[i]);
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
  kswgd::cli::add_plot(app, common);
  kswgd::cli::add_info(app, common);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes a vector
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return complain(unusable, std::string(error.what()) + " (see: kswgd --help)");
  } catch (const kswgd::InvalidInput& error) {
    return complain(unusable, error.what());
  }
  return run(common, kokkos_arguments);
}
