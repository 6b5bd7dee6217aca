// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/named_points.hpp>
#include <kswgd/kinetics/committor.hpp>
#include <kswgd/kinetics/states.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <memory>
#include <optional>

// The commands that ask a model for transitions between sets: committor, rates, states.
namespace kswgd::cli {
namespace {

struct RatesArguments {
  DataOptions data;
  std::string model, points, output, from, to;
  Index states = 0;
};

constexpr double core = 0.9;  // membership from which a point is in the core of a state
constexpr double normal_90 = 1.6448536269514722;

/// What is written as a set: a kind before the first colon, or a ball.
struct SetText {
  std::string kind = "ball", rest;
};

SetText parse_set(const std::string& text) {
  for (const char* kind : {"ball", "box", "mask", "state"})
    if (text.rfind(std::string(kind) + ":", 0) == 0) return {kind, text.substr(std::string(kind).size() + 1)};
  return {"ball", text};
}

double number(const std::string& part, const std::string& set, const char* form) {
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(part, &used);
  } catch (const std::exception&) {
  }
  require(used > 0 && used == part.size() && std::isfinite(value), "committor", [&] { return fmt::format("a set is written {}, got '{}'", form, set); });
  return value;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t start = 0, end = 0; end != std::string::npos; start = end + 1) {
    end = text.find(at, start);
    parts.push_back(text.substr(start, end == std::string::npos ? end : end - start));
  }
  return parts;
}

/// Which points lie in the sets that the command line names.
class Sets {
 public:
  Sets(const Data& data, const ModelData& model, Index states) : m_data(data), m_model(model), m_wanted(states) {}

  /// Of the points of the data.
  std::vector<char> of_data(const std::string& text) {
    const SetText set = parse_set(text);
    if (set.kind != "mask") return at(text, host_points(m_data.points), m_data.points);
    std::vector<char> inside;
    for (const double value : m_data.column(set.rest)) {
      require(value == 0 || value == 1, "committor", [&] { return fmt::format("the mask '{}' must hold 0 and 1 alone, and has {:.6g}", set.rest, value); });
      inside.push_back(value == 1);
    }
    return inside;
  }

  /// Of other points; nothing for a mask, which says nothing of them.
  std::vector<char> at(const std::string& text, const HostPoints& host, const Points<Exec>& points) {
    const SetText set = parse_set(text);
    if (set.kind == "mask") return {};
    if (set.kind == "box") return box(text, set.rest, host);
    if (set.kind == "state") return state(text, set.rest, points);
    return ball(text, set.rest, host);
  }

 private:
  std::vector<char> ball(const std::string& text, const std::string& rest, const HostPoints& points) const {
    constexpr const char* form = "x1,x2,...:radius";
    const auto parts = split(rest, ':');
    std::vector<double> centre;
    for (const std::string& part : split(parts.front(), ',')) centre.push_back(number(part, text, form));
    const double radius = number(parts.size() == 2 ? parts[1] : "", text, form);
    require(centre.size() == points.extent(1) && radius > 0, "committor",
            [&] { return fmt::format("a set of points with {} coordinates is written x1,...:radius, got '{}'", points.extent(1), text); });
    return in_ball(points, m_model.frame.geometry, centre, radius);
  }

  std::vector<char> box(const std::string& text, const std::string& rest, const HostPoints& points) const {
    constexpr const char* form = "box:low..high,low..high,... (a bound may be left out, * is a whole axis)";
    std::vector<double> low, high;
    for (const std::string& side : split(rest, ',')) {
      const std::size_t dots = side.find("..");
      require(side == "*" || dots != std::string::npos, "committor", [&] { return fmt::format("a set is written {}, got '{}'", form, text); });
      const auto bound = [&](const std::string& part, double none) { return part.empty() ? none : number(part, text, form); };
      low.push_back(side == "*" ? -HUGE_VAL : bound(side.substr(0, dots), -HUGE_VAL));
      high.push_back(side == "*" ? HUGE_VAL : bound(side.substr(dots + 2), HUGE_VAL));
    }
    require(low.size() == points.extent(1), "committor",
            [&] { return fmt::format("the points have {} coordinates, and '{}' bounds {}", points.extent(1), text, low.size()); });
    return in_box(points, m_model.frame.geometry, low, high);
  }

  std::vector<char> state(const std::string& text, const std::string& rest, const Points<Exec>& points) {
    constexpr const char* form = "state:K or state:K:MEMBERSHIP";
    if (!m_states) m_states = metastable_states(Exec{}, m_data.set, m_model, m_wanted);
    const auto parts = split(rest, ':');
    const double which = number(parts.front(), text, form), least = parts.size() > 1 ? number(parts[1], text, form) : core;
    require(parts.size() <= 2 && which >= 1 && which <= static_cast<double>(m_states->size()) && which == std::floor(which) && least > 0 && least <= 1,
            "committor",
            [&] { return fmt::format("there are the states 1 to {} and memberships up to 1; a set is written {}, got '{}'", m_states->size(), form, text); });
    const HostMatrix membership = memberships_at(Exec{}, m_model, *m_states, points);
    std::vector<char> inside;
    for (std::size_t i = 0; i < membership.extent(0); ++i) inside.push_back(membership(i, static_cast<std::size_t>(which) - 1) >= least);
    return inside;
  }

  const Data& m_data;
  const ModelData& m_model;
  Index m_wanted;
  std::optional<MetastableStates> m_states;
};

/// The unit of time of a model's rates: those of unit diffusion are in 1 / length^2.
std::string unit_of(const ModelData& model, const Data& data) {
  if (model.spectrum.kind == SpectrumKind::edmd) return data.unit;
  if (model.spectrum.kind == SpectrumKind::diffusion) return data.table.is_trajectory() ? data.unit : "time";
  return "length^2";
}

struct Asked {
  ModelData model;
  Data data;
  std::string unit;
};

Asked read(const Common& common, const RatesArguments& options) {
  ModelData model = io::read_model(options.model);
  Data data = read_fitted_data(options.data, model);
  note_on_file(common, data.table);
  std::string unit = unit_of(model, data);
  return {std::move(model), std::move(data), std::move(unit)};
}

void say_interleaved(const Common& common, const RatesArguments& options, const Committor& q) {
  if (q.interleaved)
    common.say(fmt::format("note: all frames in {} or {} lie close in time: folds are interleaved stretches, and the errors may be too small", options.from,
                           options.to));
}

void find_committor(const Common& common, const RatesArguments& options) {
  const auto [model, data, unit] = read(common, options);
  const Exec exec;
  Sets sets(data, model, options.states);
  const auto in_a = sets.of_data(options.from), in_b = sets.of_data(options.to);
  const Committor q = committor(exec, data.set, model, in_a, in_b, {.seed = common.seed});
  const bool elsewhere = !options.points.empty();
  const Points<Exec> at = elsewhere ? Points<Exec>(to_device(exec, read_points_for(common, model, options.points))) : data.points;
  const HostPoints host = elsewhere ? host_points(at) : HostPoints();
  const auto at_a = elsewhere ? sets.at(options.from, host, at) : in_a, at_b = elsewhere ? sets.at(options.to, host, at) : in_b;
  require(q.holds_in_sets || (!at_a.empty() && !at_b.empty()), "committor",
          [] { return "a mask says nothing of other points: with a model of edmd, --points needs balls, boxes or states"; });
  const CommittorValues values = committor_at(exec, model, q, at, at_a, at_b);
  const HostPoints column("kswgd::committor::column", values.q.size(), 1);
  for (std::size_t i = 0; i < values.q.size(); ++i) column(i, 0) = values.q[i];
  common.write(options.output, [&](const std::string& path) { io::write_points(path, column, common.stamp()); });
  common.say(fmt::format("committor at {} points written to {}; mean over A {:.4f}, over B {:.4f}", at.extent(0), options.output, q.in_a, q.in_b));
  if (values.cut > 0) common.say(fmt::format("{} values outside [0, 1], by {:.2g} at most, are cut", values.cut, values.furthest));
  common.say(
      fmt::format("transitions from A to B per {} (flux, one way): {:.6g} +- {:.2g}, 90 % interval [{:.4g}, {:.4g}]; in-sample {:.4g}, cross-fitted {:.4g}",
                  unit, q.rate, q.error, q.low, q.high, q.in_sample, q.cross_fitted));
  say_interleaved(common, options, q);
  common.write_json({{"points", at.extent(0)},
                     {"rate", q.rate},
                     {"rate_error", q.error},
                     {"low", q.low},
                     {"high", q.high},
                     {"unit", "1/" + unit},
                     {"in_sample", q.in_sample},
                     {"cross_fitted", q.cross_fitted},
                     {"mean_in_a", q.in_a},
                     {"mean_in_b", q.in_b},
                     {"cut", values.cut},
                     {"output", options.output}});
}

/// A rate constant and the mean first passage time that is 1 over it.
Json rate_json(const Estimated& rate) {
  return {{"rate", rate.value},
          {"rate_error", rate.error},
          {"low", rate.low},
          {"high", rate.high},
          {"mean_first_passage_time", 1 / rate.value},
          {"mean_first_passage_time_low", 1 / rate.high},
          {"mean_first_passage_time_high", 1 / rate.low}};
}

void find_rates(const Common& common, const RatesArguments& options) {
  const auto [model, data, unit] = read(common, options);
  Sets sets(data, model, options.states);
  const auto in_a = sets.of_data(options.from), in_b = sets.of_data(options.to);
  const Committor q = committor(Exec{}, data.set, model, in_a, in_b, {.seed = common.seed});
  common.say(fmt::format("A = {} with {} points, B = {} with {}; {}", options.from, std::count(in_a.begin(), in_a.end(), 1), options.to,
                         std::count(in_b.begin(), in_b.end(), 1),
                         q.lag > 0 ? fmt::format("the process is seen every {:.4g} {}", model.spectrum.lag_time, unit) : "the process is a diffusion"));
  const auto say = [&, per = unit](const char* way, const Estimated& rate) {
    common.say(fmt::format("{}  rate {:.5g} per {}, 90 % interval [{:.4g}, {:.4g}]; mean first passage time {:.5g} [{:.4g}, {:.4g}]", way, rate.value, per,
                           rate.low, rate.high, 1 / rate.value, 1 / rate.high, 1 / rate.low));
  };
  say("A -> B", q.forward);
  say("B -> A", q.backward);
  common.say(fmt::format("transitions each way per {} (flux): {:.5g} [{:.4g}, {:.4g}]; share of time that comes from A: {:.4f}", unit, q.rate, q.low, q.high,
                         q.from_a));
  say_interleaved(common, options, q);
  if (unit == "length^2") common.say("note: these are rates of unit diffusion; times the diffusion constant of the process they are per time");
  Json result = rate_json(q.forward);
  result.update({{"unit", "1/" + unit},
                 {"backward", rate_json(q.backward)},
                 {"flux", q.rate},
                 {"flux_error", q.error},
                 {"flux_low", q.low},
                 {"flux_high", q.high},
                 {"in_sample", q.in_sample},
                 {"cross_fitted", q.cross_fitted},
                 {"from_a", q.from_a},
                 {"points_in_a", std::count(in_a.begin(), in_a.end(), 1)},
                 {"points_in_b", std::count(in_b.begin(), in_b.end(), 1)},
                 {"lag_time", q.lag > 0 ? model.spectrum.lag_time : 0.0}});
  common.write_json(result);
}

std::vector<std::vector<double>> rows_of(const HostMatrix& a) {
  std::vector<std::vector<double>> rows(a.extent(0));
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t j = 0; j < a.extent(1); ++j) rows[i].push_back(a(i, j));
  return rows;
}

void find_states(const Common& common, const RatesArguments& options) {
  const auto [model, data, unit] = read(common, options);
  const MetastableStates states = metastable_states(Exec{}, data.set, model, options.states);
  const auto m = static_cast<std::size_t>(states.size());
  const HostMatrix& chi = states.membership;
  const HostPoints most_likely("kswgd::states::most_likely", chi.extent(0), 1);
  std::vector<double> core_share(m, 0.0), low, high, life, life_low, life_high;
  for (std::size_t i = 0; i < chi.extent(0); ++i) {
    std::size_t best = 0;
    for (std::size_t j = 1; j < m; ++j)
      if (chi(i, j) > chi(i, best)) best = j;
    most_likely(i, 0) = static_cast<double>(best + 1);
    core_share[best] += chi(i, best) >= core ? data.set.weight(static_cast<Index>(i)) / data.set.total_weight() : 0;
  }
  common.say(fmt::format("{} metastable states, crispness {:.3f} (1: sets); 90 % intervals", m, states.crispness));
  common.say(fmt::format("state   population                 in the core   mean life time ({})", unit));
  for (std::size_t j = 0; j < m; ++j) {
    const double error = normal_90 * states.population_errors[j], leave = -states.rates(j, j), leave_error = normal_90 * states.rate_errors(j, j);
    low.push_back(std::max(0.0, states.populations[j] - error));
    high.push_back(std::min(1.0, states.populations[j] + error));
    life.push_back(1 / leave);
    life_low.push_back(1 / (leave + leave_error));
    life_high.push_back(leave > leave_error ? 1 / (leave - leave_error) : HUGE_VAL);
    common.say(fmt::format("{:5}   {:.4f} [{:.4f}, {:.4f}]    {:.4f}        {:.5g} [{:.4g}, {:.4g}]", j + 1, states.populations[j], low[j], high[j],
                           core_share[j], life[j], life_low[j], life_high[j]));
  }
  common.say(fmt::format("rates between them, per {} (-: from a state to itself):", unit));
  for (std::size_t i = 0; i < m; ++i) {
    std::string line = fmt::format("{:5} ", i + 1);
    for (std::size_t j = 0; j < m; ++j)
      line += i == j ? fmt::format("{:>22}", "-") : fmt::format("{:>11.4g} +- {:>7.2g}", states.rates(i, j), states.rate_errors(i, j));
    common.say(line);
  }
  if (!options.output.empty()) {
    common.write(options.output, [&](const std::string& path) {
      if (io::format_of(path) == "h5") {
        io::write_named_points(path, {{"memberships", chi}, {"states", most_likely}}, common.stamp());
      } else {
        io::write_points(path, chi, common.stamp());
      }
    });
    common.say("memberships written to " + options.output);
  }
  common.write_json({{"states", m},
                     {"populations", states.populations},
                     {"populations_low", low},
                     {"populations_high", high},
                     {"core", core_share},
                     {"lifetimes", life},
                     {"lifetimes_low", life_low},
                     {"lifetimes_high", life_high},
                     {"rates", rows_of(states.rates)},
                     {"rate_errors", rows_of(states.rate_errors)},
                     {"crispness", states.crispness},
                     {"unit", "1/" + unit},
                     {"time_unit", unit},
                     {"output", options.output}});
}

std::shared_ptr<RatesArguments> rates_arguments(Command& command) {
  auto options = std::make_shared<RatesArguments>();
  command.input("MODEL", options->model, "a model made by kswgd fit: generator, generator with --diffusion, edmd")->required();
  add_data_options(command, options->data, "DATA", "the points that it was fitted to")->required();
  command->add_option("--states", options->states, "number of metastable states (default: by the largest gap between time scales)")->transform(count(20, 2));
  return options;
}

void declare_sets(Command& command, const std::shared_ptr<RatesArguments>& options) {
  const std::string forms =
      ": a ball x1,x2,...:radius, box:low..high,low..high,... (* is a whole axis), mask:FILE[:DATASET] or mask:PATH with a 0 or 1 for each point, or state:K, "
      "the "
      "core of a state of kswgd states (membership .9 and more; state:K:P: P and more)";
  const auto declare_one = [&](const char* name, std::string& value, const std::string& text) {
    command->add_option(name, value, text)->required()->type_name("SET");
    command.reads(name, [&value, options] { return std::vector<std::string>{parse_set(value).rest}; });  // of a mask its file
  };
  declare_one("--from", options->from, "A" + forms);
  declare_one("--to", options->to, "B, in the same words");
}

}  // namespace

Work declare_committor(Command& command) {
  const auto options = rates_arguments(command);
  declare_sets(command, options);
  command.output("-o,--output", options->output, OutputKind::points, "file to write: a row for each point")->required();
  command.input("--points", options->points, "points at which it is wanted (default: DATA)", "FILE[:DATASET]");
  return [options](const Common& common) { find_committor(common, *options); };
}

Work declare_rates(Command& command) {
  const auto options = rates_arguments(command);
  declare_sets(command, options);
  return [options](const Common& common) { find_rates(common, *options); };
}

Work declare_states(Command& command) {
  const auto options = rates_arguments(command);
  command.output("-o,--output", options->output, OutputKind::points,
                 "file to write: .h5 with /memberships (n x states) and /states (n, from 1), or the memberships alone");
  return [options](const Common& common) { find_states(common, *options); };
}

}  // namespace kswgd::cli
