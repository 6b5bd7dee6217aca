// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <CLI/CLI.hpp>
#include <Kokkos_Core.hpp>
#include <filesystem>
#include <functional>
#include <kswgd/io/points_file.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

// What the commands of the program share.
namespace kswgd::cli {

using Exec = Kokkos::DefaultExecutionSpace;
using Json = nlohmann::json;
// Its entries are made whole here: clang 15 in HIP mode crashes where it does so at the end of a file.
static_assert(!std::is_copy_assignable_v<Json::object_t::value_type>);

/// Options of every command, and the command that was chosen.
struct Common {
  std::string json;  // file for the machine-readable result, "-" for stdout
  bool quiet = false;
  std::uint64_t seed = 0;
  std::string command_line;
  std::function<void()> run;

  /// Whether people's output may go to stdout.
  bool talks() const { return !quiet && json != "-"; }
  io::FileStamp stamp() const;
  /// Prints a line for people.
  void say(const std::string& line) const;
  /// Throws InvalidInput when the file that --json names cannot be written, before the work is done.
  void check_json() const;
  /// Writes the result where --json asks for it; numbers that are not finite become null.
  void write_json(const Json& result) const;
};

/// A subcommand with the common options.
CLI::App* add_command(CLI::App& app, Common& common, const std::string& name, const std::string& text);

void add_simulate(CLI::App& app, Common& common);
void add_fit(CLI::App& app, Common& common);
void add_spectrum(CLI::App& app, Common& common);
void add_evaluate(CLI::App& app, Common& common);
void add_sample(CLI::App& app, Common& common);
void add_score(CLI::App& app, Common& common);
void add_reproduce(CLI::App& app, Common& common);
void add_plot(CLI::App& app, Common& common);
void add_info(CLI::App& app, Common& common);
void add_bench(CLI::App& app, Common& common);
void add_timescales(CLI::App& app, Common& common);
void add_chapman_kolmogorov(CLI::App& app, Common& common);
void add_koopman(CLI::App& app, Common& common);
void add_observables(CLI::App& app, Common& common);

/// Rules for numbers. (CLI11's own print the largest double, all 309 digits of it, where one is broken.)
CLI::Validator positive();
CLI::Validator non_negative();

/// A copy of points on the host.
inline HostPoints host_points(const Points<Exec>& points) { return host_copy(Exec{}, points); }

/// FILE or FILE:DATASET, as (file, dataset or nothing). Names may hold colons of their own: what comes before the last colon that
/// leaves a file is the file; where there is none, what comes before the last ":/".
inline std::pair<std::string, std::string> split_dataset(const std::string& name) {
  const auto is_file = [](const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
  };
  const auto at = [&](std::size_t colon) { return std::pair(name.substr(0, colon), colon == std::string::npos ? "" : name.substr(colon + 1)); };
  if (is_file(name)) return {name, ""};
  for (std::size_t end = name.size(); end > 0;) {
    const std::size_t colon = name.rfind(':', end - 1);
    if (colon == std::string::npos) break;
    if (is_file(name.substr(0, colon))) return at(colon);
    end = colon;
  }
  return at(name.rfind(":/"));
}

/// Peak memory of the process in bytes.
std::uint64_t peak_bytes();

/// Throws InvalidInput when an output is one of the command's inputs, or its other output: a model does not take the place of its data.
void check_distinct(const std::string& output, const std::vector<std::string>& inputs);

/// Throws InvalidInput when the file cannot be written, before the work is done.
void check_writable(const std::string& path);

/// The same for points, which the extension gives a format: it must be `format`, or any that is known where that is empty.
void check_writable(const std::string& path, const std::string& format);

}  // namespace kswgd::cli
