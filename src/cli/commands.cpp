// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>
#include <sys/resource.h>

#include <cmath>
#include <fstream>

namespace kswgd::cli {
namespace {

/// JSON has no NaN: null says that there is no number.
void replace_non_finite(Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) value = nullptr;
  if (value.is_structured())
    for (auto& element : value) replace_non_finite(element);
}

}  // namespace

io::FileStamp Common::stamp() const { return {seed, version(), git_hash(), Exec::name(), command_line}; }

void Common::say(const std::string& line) const {
  if (talks()) fmt::print("{}\n", line);
}

void Common::write_json(const Json& result) const {
  if (json.empty()) return;
  Json clean = result;
  clean["seed"] = seed;
  clean["version"] = version();
  clean["git"] = git_hash();
  clean["backend"] = Exec::name();
  replace_non_finite(clean);
  if (json == "-") {
    fmt::print("{}\n", clean.dump(2));
    return;
  }
  io::AtomicFile out(json);
  std::ofstream file(out.temporary());
  file << clean.dump(2) << '\n';
  file.close();
  if (!file) throw Failure("kswgd::cli: writing '" + json + "' failed (is the disk full?)");
  out.commit();
}

CLI::App* add_command(CLI::App& app, Common& common, const std::string& name, const std::string& text) {
  CLI::App* command = app.add_subcommand(name, text);
  command->add_option("--json", common.json, "write the result as JSON to FILE ('-': stdout, which then carries nothing else)")->type_name("FILE");
  command->add_flag("--quiet", common.quiet, "print nothing but errors");
  command->add_option("--seed", common.seed, "seed of everything random, recorded in the output")->capture_default_str();
  command->footer("Options that begin with --kokkos- go to Kokkos (--kokkos-num-threads=N, --kokkos-device-id=N, ...).");
  return command;
}

std::uint64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void check_writable(const std::string& path) { const io::AtomicFile probe(path); }

}  // namespace kswgd::cli
