// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

namespace kswgd::cli {
namespace {

/// JSON has no NaN: null says that there is no number.
void replace_non_finite(Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) value = nullptr;
  if (value.is_structured())
    for (auto& element : value) replace_non_finite(element);
}

/// Does not throw: whether stdout took it is asked at the end, where it is known whether anybody misses it.
void print(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace

io::FileStamp Common::stamp() const { return {seed, version(), git_hash(), Exec::name(), command_line}; }

void Common::say(const std::string& line) const {
  if (talks()) print(line);
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
    return print(clean.dump(2, ' ', false, Json::error_handler_t::replace));
  }
  io::write_text(json, clean.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Common::check_json() const {
  if (!json.empty() && json != "-") io::require_writable_text(json);
}

CLI::App* add_command(CLI::App& app, Common& common, const std::string& name, const std::string& text) {
  CLI::App* command = app.add_subcommand(name, text);
  command->add_option("--json", common.json, "write the result as JSON to FILE ('-': stdout, which then carries nothing else)")->type_name("FILE");
  command->add_flag("--quiet", common.quiet, "print nothing but errors");
  command->add_option("--seed", common.seed, "seed of everything random, recorded in the output")->capture_default_str()->check(non_negative());
  command->footer("Options that begin with --kokkos- go to Kokkos (--kokkos-num-threads=N, --kokkos-device-id=N, ...).");
  return command;
}

namespace {

CLI::Validator number_rule(const char* rule, bool zero) {
  const auto check = [rule, zero](const std::string& text) -> std::string {
    double value = 0;
    const bool number = CLI::detail::lexical_cast(text, value);
    return number && std::isfinite(value) && (value > 0 || (zero && value == 0)) ? "" : fmt::format("must be {}, got '{}'", rule, text);
  };
  return {[check](std::string& text) { return check(text); }, zero ? "NONNEGATIVE" : "POSITIVE", zero ? "NONNEGATIVE" : "POSITIVE"};
}

}  // namespace

CLI::Validator positive() { return number_rule("a positive number", false); }
CLI::Validator non_negative() { return number_rule("0 or a positive number", true); }

std::uint64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void check_distinct(const std::string& output, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code error;
    const bool same = output == input || (std::filesystem::equivalent(output, input, error) && !error);
    require(!same || std::filesystem::is_character_file(output), "cli",
            [&] { return fmt::format("'{}' is both input and output, or named twice: name another file", output); });
  }
}

void check_writable(const std::string& path) { io::require_writable(path); }

void check_writable(const std::string& path, const std::string& format) {
  const std::string found = io::format_of(path);
  require(format.empty() || found == format, "cli", [&] { return fmt::format("'{}': these results are written as HDF5: name the file .h5", path); });
  io::require_writable(path);
}

}  // namespace kswgd::cli
