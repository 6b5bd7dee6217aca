// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "outputs.hpp"

#include <CLI/CLI.hpp>
#include <Kokkos_Core.hpp>
#include <functional>
#include <kswgd/io/points_file.hpp>
#include <kswgd/metrics/two_sample.hpp>
#include <kswgd/support/reduction.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

// What the commands of the program share, and the table that lists them.
namespace kswgd::cli {

using Exec = Kokkos::DefaultExecutionSpace;
using Json = nlohmann::json;
// Its entries are made whole here: clang 15 in HIP mode crashes where it does so at the end of a file.
static_assert(!std::is_copy_assignable_v<Json::object_t::value_type>);

/// Options of every command.
struct Common {
  std::string json;  // file for the machine-readable result, "-" for stdout
  bool quiet = false;
  std::uint64_t seed = 0;
  std::string command_line;
  Outputs* outputs = nullptr;
  Reduction ranks;  // that the program was started on

  /// Whether people's output may go to stdout. One rank speaks for all.
  bool talks() const { return !quiet && json != "-" && ranks.is_first(); }
  io::FileStamp stamp() const;
  /// Prints a line for people.
  void say(const std::string& line) const;
  /// Writes an output, on rank 0: see Outputs::write.
  void write(const std::string& path, const std::function<void(const std::string&)>& write) const {
    if (ranks.is_first()) outputs->write(path, write);
  }
  /// Writes the result where --json asks for it, on rank 0.
  void write_json(const Json& result) const;
  /// The text of a result, with what every one carries; numbers that are not finite become null.
  std::string json_text(const Json& result) const;
};

/// The work of a command once its options are read.
using Work = std::function<void(const Common&)>;

/// One command while its options are declared; those that name files say so.
class Command {
 public:
  /// With the common options.
  Command(CLI::App& app, Common& common, const std::string& section);

  CLI::App* operator->() const { return &m_app; }
  const CLI::App& program() const { return *m_app.get_parent(); }
  const Files& files() const { return m_files; }

  /// An option or argument that names what the command reads: see Files::add_input.
  CLI::Option* input(const std::string& flags, std::string& value, const std::string& text, const char* type = "FILE");
  CLI::Option* inputs(const std::string& flags, std::vector<std::string>& values, const std::string& text);
  /// A file that is read although no option names it.
  void reads(const std::string& option, Files::Names names) { m_files.add_input(option, std::move(names)); }
  /// An option that names a file to be written; nothing is written where `unless` holds.
  CLI::Option* output(const std::string& flags, std::string& value, OutputKind kind, const std::string& text, const bool* unless = nullptr);
  void writes(const std::string& option, OutputKind kind, Files::Names names) { m_files.add_output(option, kind, std::move(names)); }
  void allow(const std::string& output, const std::string& input) { m_files.allow(output, input); }

 private:
  CLI::App& m_app;
  Files m_files;
};

/// What a command does where the program was started on several ranks.
enum class OnRanks {
  first,   ///< rank 0 does the work, the others wait and end as it does
  shared,  ///< the ranks share it
};

/// A command: main, the help and the tests take it from here.
struct Entry {
  const char* name;
  const char* text;
  const char* section;  // the command whose heading in docs/commands.md tells of it
  Work (*declare)(Command&);
  OnRanks on_ranks = OnRanks::first;
  bool needs_kokkos = true;
};
const std::vector<Entry>& command_table();

/// Whole numbers from `least` to `most`, refused with a sentence otherwise ("1e4" is one).
CLI::Validator count(Index most, Index least = 1);
/// Seeds: any number of 64 bits.
CLI::Validator seed_rule();
/// Rules for real numbers. (CLI11's own print the largest double, all 309 digits of it, where one is broken.)
CLI::Validator positive();
CLI::Validator non_negative();

// Limits of what can be asked for: beyond them lies no machine, and sums of 64 bits stay far from their end.
inline constexpr Index most_points = 1'000'000'000'000, most_steps = 1'000'000'000'000'000, most_features = 1'000'000, most_modes = 100'000,
                       most_repeats = 1'000'000, most_dimensions = 1'000'000;

/// Throws InvalidInput when the work needs more than the machine's memory: `what` says what takes `bytes`.
void require_memory(const char* function, double bytes, const std::string& what);

/// A column in a result: its name, or its number where it has none.
inline Json column_name(const std::vector<std::string>& names, Index k) {
  if (k < 0) return nullptr;
  return static_cast<std::size_t>(k) < names.size() ? Json(names[static_cast<std::size_t>(k)]) : Json(std::to_string(k));
}

/// Prints a verdict with its reasons; where nothing is said to people, a doubtful one is a line on stderr.
void say_verdict(const Common& common, const std::string& file, const TwoSampleTest& test);

/// A copy of points on the host.
inline HostPoints host_points(const Points<Exec>& points) { return host_copy(Exec{}, points); }

/// Peak memory of the process in bytes; of several ranks the largest, and all call it together.
std::uint64_t peak_bytes(const Reduction& ranks = {});

}  // namespace kswgd::cli
