// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"
#include "kokkos_arguments.hpp"
#include "manual.hpp"
#include "session.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <kswgd/algebra/blas_kernels.hpp>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <new>
#include <sstream>
#include <unistd.h>
#include <vector>

namespace {

enum Status { done = 0, failed = 1, unusable = 2 };

/// The other ranks end with the same status; of those that fail together the first speaks.
int complain(const kswgd::Reduction& ranks, Status status, std::string what) {
  if (!ranks.fail(status)) return status;
  const std::string prefix = "kswgd::";  // the library names its functions, the program its name
  if (what.rfind(prefix, 0) == 0) what = what.substr(prefix.size());
  for (char& c : what)
    if (c == '\n') c = ' ';
  std::fprintf(stderr, "kswgd: error: %s\n", what.c_str());  // does not throw
  return status;
}

/// Throws where stdout did not take what was printed.
void check_stdout() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw kswgd::Failure("standard output cannot be written to");
}

/// Does the work between Kokkos' beginning and end. --help and wrong usage never come here.
void run_with_kokkos(const kswgd::cli::Common& common, const kswgd::cli::Work& work, std::vector<std::string>& kokkos_arguments, char* program) {
  std::vector<char*> pointers{program};
  for (std::string& argument : kokkos_arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  const Kokkos::ScopeGuard guard(count, pointers.data());
  work(common);
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

/// What to say beside an error of the command line: an option that may have been meant, and where to read.
std::string hint_of(const CLI::App& program) {
  if (program.get_subcommands().empty()) return " (see: kswgd --help)";
  const CLI::App& command = *program.get_subcommands().front();
  std::string meant;
  for (const std::string& word : command.remaining())
    if (meant.empty() && word.rfind("--", 0) == 0) meant = kswgd::cli::suggestion(word.substr(0, word.find('=')), kswgd::cli::option_names(command));
  return meant + fmt::format(" (see: kswgd {} --help)", command.get_name());
}

int guarded_main(const kswgd::Reduction& ranks, int argc, char** argv) {
  namespace cli = kswgd::cli;
  cli::Outputs outputs;
  cli::Common common;
  common.outputs = &outputs;
  common.ranks = ranks;
  std::vector<std::string> arguments, kokkos_arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    (argument.rfind("--kokkos-", 0) == 0 ? kokkos_arguments : arguments).push_back(argument);
    common.command_line += (i > 1 ? " " : "") + argument;
  }

  CLI::App app{"kswgd: from trajectories or samples of an unknown law to new samples of it (Koopman Spectral Wasserstein Gradient Descent)", "kswgd"};
  app.set_version_flag("-V,--version", fmt::format("kswgd {} ({})", kswgd::version(), kswgd::git_hash()));
  app.require_subcommand(1);
  std::deque<cli::Command> commands;  // they stay where they are
  std::vector<cli::Work> works;
  for (const cli::Entry& entry : cli::command_table()) {
    cli::Command& command = commands.emplace_back(*app.add_subcommand(entry.name, entry.text), common, entry.section);
    works.push_back(entry.declare(command));
  }
  const auto named = std::find_if(arguments.begin(), arguments.end(), [](const std::string& argument) { return argument.rfind('-', 0) != 0; });
  const auto& table = cli::command_table();
  if (named != arguments.end() && std::none_of(table.begin(), table.end(), [&](const cli::Entry& entry) { return entry.name == *named; }))
    return complain(ranks, unusable,
                    fmt::format("there is no command '{}'{}; the commands are: {}", *named, cli::suggestion(*named, cli::command_names()),
                                fmt::join(cli::command_names(), " ")));
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes a vector
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream text;
      app.exit(error, text, text);
      if (ranks.is_first()) std::printf("%s", text.str().c_str());
      check_stdout();
      ranks.agree();
      return done;
    }
    return complain(ranks, unusable, error.what() + hint_of(app));
  }
  for (std::size_t c = 0; c < table.size(); ++c) {
    if (!app.got_subcommand(table[c].name)) continue;
    const cli::Files& files = commands[c].files();
    files.check();
    cli::check_kokkos_arguments(kokkos_arguments);
    const bool takes_part = ranks.is_first() || table[c].on_ranks == cli::OnRanks::shared;
    if (takes_part && table[c].needs_kokkos)
      run_with_kokkos(common, works[c], kokkos_arguments, argv[0]);
    else if (takes_part)
      works[c](common);
    // Lines for people beside a result that has a file of its own: nothing is lost without them.
    if (common.json == "-" || !files.has_output()) check_stdout();
    ranks.agree();  // nothing appears where one rank has failed
    outputs.commit();
    ranks.agree();  // nor is all well before it is there
  }
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  kswgd::io::hold_standard_descriptors();
  restart_with_settings(argv);
  kswgd::io::remove_unfinished_files_on_signals();
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
