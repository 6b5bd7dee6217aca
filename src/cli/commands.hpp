// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <CLI/CLI.hpp>
#include <Kokkos_Core.hpp>
#include <functional>
#include <kswgd/io/points_file.hpp>
#include <nlohmann/json.hpp>
#include <string>

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

/// A copy of a view on the host, in the program's type.
template <class View>
HostPoints host_points(const View& points) {
  const HostPoints copy("kswgd::cli::points", points.extent(0), points.extent(1));
  Kokkos::deep_copy(copy, to_host(Exec{}, points));
  return copy;
}

/// Peak memory of the process in bytes.
std::uint64_t peak_bytes();

/// Throws InvalidInput when the file cannot be written, before the work is done.
void check_writable(const std::string& path);

/// The same for points, which the extension gives a format: it must be `format`, or any that is known where that is empty.
void check_writable(const std::string& path, const std::string& format);

}  // namespace kswgd::cli
