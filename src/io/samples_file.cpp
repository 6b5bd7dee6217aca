// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/samples_file.hpp>
#include <kswgd/support/check.hpp>

#include "hdf5.hpp"
#include "samples_layout.hpp"
#include "stamp.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

namespace kswgd::io {
namespace {

void write_history(hdf5::File& file, const History& history) {
  file.write_vector("/history/time", history.time);
  file.write_vector("/history/energy", history.energy);
  file.write_vector("/history/chi2", history.chi2);
  file.write_vector("/history/step", history.step);
  file.write_integers("/history/level", {history.level.begin(), history.level.end()});
  file.write_integers("/history/round", {history.round.begin(), history.round.end()});
  file.write_integers("/history/evaluations", history.evaluations);
}

/// Whether a number of a file can be that of a level, a round or a step.
bool is_count(double value, double most) { return value >= 0 && value <= most && value == std::floor(value); }
constexpr double most_int = std::numeric_limits<int>::max(), most_index = 9007199254740992.0;

std::vector<int> as_int(const std::vector<Index>& values, const std::string& damaged) {
  for (const Index value : values) require(is_count(static_cast<double>(value), most_int), "io", [&] { return damaged; });
  return {values.begin(), values.end()};
}

History read_history(const hdf5::File& file, const std::string& damaged) {
  return {file.read_vector("/history/time"),
          file.read_vector("/history/energy"),
          file.read_vector("/history/chi2"),
          file.read_vector("/history/step"),
          as_int(file.read_integers("/history/level"), damaged),
          as_int(file.read_integers("/history/round"), damaged),
          file.read_integers("/history/evaluations")};
}

}  // namespace

void write_samples(const std::string& path, const HostPoints& samples, const FlowReport& report, const FileStamp& stamp,
                   const std::vector<std::string>& columns) {
  if (format_of(path) != "h5") return write_points(path, samples, stamp, columns);
  AtomicFile out(path);
  write_samples(
      out, [&](hdf5::File& file) { file.write_matrix("/samples", samples); }, report, stamp, columns);
  out.commit();
}

void write_samples(AtomicFile& out, const std::function<void(hdf5::File&)>& points, const FlowReport& report, const FileStamp& stamp,
                   const std::vector<std::string>& columns) {
  hdf5::File file = hdf5::File::create(out);
  points(file);
  if (!columns.empty()) file.write_texts("/samples", "columns", columns);
  write_history(file, report.history);
  write_stamp(file, stamp);
  file.write_text("/", "stop_reason", report.state.stop_reason);
  file.close();
}

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint, const FileStamp& stamp) {
  require(format_of(path) == "h5", "io", [&] { return "'" + path + "': checkpoints are HDF5 (.h5)"; });
  AtomicFile out(path);
  {
    hdf5::File file = hdf5::File::create(out);
    file.write_matrix("/particles", checkpoint.particles);
    file.write_matrix("/state/particles", checkpoint.flow.particles);
    write_history(file, checkpoint.flow.history);
    const FlowState& state = checkpoint.flow.state;
    file.write_vector("/state/level_energy", state.level_energy);
    file.write_vector("/state/coefficients", state.coefficients);
    file.write_vector("/state/numbers",
                      {static_cast<double>(state.round), static_cast<double>(state.level), static_cast<double>(state.steps_in_level), state.step, state.time,
                       static_cast<double>(state.steps), static_cast<double>(state.evaluations), state.energy, state.chi2, checkpoint.flow.modes});
    std::string reasons;
    for (const std::string& reason : state.level_reasons) reasons += reason + "\n";
    file.write_text("/state", "level_reasons", reasons);
    file.write_unsigned("/state", "fingerprint", checkpoint.flow.model);
    if (checkpoint.samples > 0) file.write_unsigned("/state", "samples", checkpoint.samples);
    if (!checkpoint.start.empty()) file.write_text("/state", "start", checkpoint.start);
    file.write_text("/state", "ended", state.done ? state.stop_reason : "");
    file.write_text("/state", "in_double", state.in_double ? "yes" : "no");
    write_stamp(file, stamp);
    file.close();
  }
  out.commit();
}

Checkpoint read_checkpoint(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require(file.has("/particles") && file.has("/state/numbers"), "io",
          [&] { return "'" + path + "' is not a checkpoint written by kswgd sample --checkpoint"; });
  require(file.has("/state/particles"), "io", [&] {
    return "'" + path + "' was written by an older version of kswgd, whose checkpoints round the particles: begin a new flow where they are, with --start " +
           path + ":particles";
  });
  const auto numbers = file.read_vector("/state/numbers");
  const std::string damaged = "'" + path + "' is a damaged checkpoint: its parts do not fit together";
  const auto are_counts = [&] {
    return is_count(numbers[0], most_int) && is_count(numbers[1], most_int) && is_count(numbers[2], most_int) && is_count(numbers[5], most_index) &&
           is_count(numbers[6], most_index) && std::isfinite(numbers[3]) && std::isfinite(numbers[4]);
  };
  require(numbers.size() == 10 && file.has("/state/coefficients") && are_counts(), "io", [&] { return damaged; });
  Checkpoint checkpoint{file.read_matrix("/particles"),
                        {file.read_matrix("/state/particles"),
                         {},
                         read_history(file, damaged),
                         std::strtoull(file.read_text("/state", "fingerprint", "0").c_str(), nullptr, 10),
                         numbers[9]},
                        std::strtoull(file.read_text("/", "seed", "0").c_str(), nullptr, 10),
                        std::strtoull(file.read_text("/state", "samples", "0").c_str(), nullptr, 10),
                        file.read_text("/state", "start", "")};
  FlowState& state = checkpoint.flow.state;
  state.round = static_cast<int>(numbers[0]);
  state.level = static_cast<int>(numbers[1]);
  state.steps_in_level = static_cast<int>(numbers[2]);
  state.step = numbers[3];
  state.time = numbers[4];
  state.steps = static_cast<Index>(numbers[5]);
  state.evaluations = static_cast<Index>(numbers[6]);
  state.energy = numbers[7];
  state.chi2 = numbers[8];
  state.level_energy = file.read_vector("/state/level_energy");
  state.coefficients = file.read_vector("/state/coefficients");
  state.stop_reason = file.read_text("/state", "ended", "");
  state.done = !state.stop_reason.empty();
  state.in_double = file.read_text("/state", "in_double", "no") == "yes";
  std::istringstream reasons(file.read_text("/state", "level_reasons", ""));
  for (std::string reason; std::getline(reasons, reason);) state.level_reasons.push_back(reason);
  const History& history = checkpoint.flow.history;
  const std::size_t length = history.time.size();
  const auto all_finite = [](const HostPoints& x) {
    return std::all_of(x.data(), x.data() + x.extent(0) * x.extent(1), [](double value) { return std::isfinite(value); });
  };
  require(history.energy.size() == length && history.chi2.size() == length && history.step.size() == length && history.level.size() == length &&
              history.round.size() == length && history.evaluations.size() == length && state.round >= 0 && state.level >= 0 && state.step > 0 &&
              checkpoint.particles.extent(0) == checkpoint.flow.particles.extent(0) && checkpoint.samples <= checkpoint.particles.extent(0) &&
              all_finite(checkpoint.particles) && all_finite(checkpoint.flow.particles),
          "io", [&] { return damaged; });
  return checkpoint;
}

}  // namespace kswgd::io
