// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/flow/flow_rule.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kswgd {
namespace {

// Found on a dozen problems, held on others, the same for all.
constexpr double first_step = 0.5, largest_step = 1, step_growth = 1.5, smallest_step = 1e-6;
constexpr double armijo = 0.1;
constexpr std::size_t plateau_steps = 20;
constexpr double plateau_fall = 0.98;  // a level is left when F fell by less than 2 % in 20 steps
constexpr int level_steps = 100, last_level_steps = 60;
constexpr double level_chi2 = 10, last_level_chi2 = 0.05;  // in units of r / n

// Steps that levels mostly take: of the first, those between, and the last.
constexpr double usual_first = 4, usual_between = 2, usual_last = 12;

}  // namespace

FlowWork expected_work(const FlowState& state, const History& history, const std::vector<double>& modes, double samples, const std::vector<Index>& features,
                       int rounds) {
  FlowWork work;
  const std::size_t count = history.chi2.size();
  if (count == 0 || state.done) return work;
  const std::size_t last_level = modes.size() - 1, level = static_cast<std::size_t>(state.level);
  const auto cost = [&](std::size_t l) { return static_cast<double>(features[l]) / static_cast<double>(features.back()); };
  for (std::size_t i = 0; i < count; ++i)
    work.done += static_cast<double>(history.evaluations[i] - (i > 0 ? history.evaluations[i - 1] : 0)) * cost(static_cast<std::size_t>(history.level[i]));

  constexpr std::size_t looked_at = 6;
  const bool last = level == last_level;
  const double chi2 = std::max(history.chi2.back(), std::numeric_limits<double>::min()),
               most = std::max(1.0, static_cast<double>((last ? last_level_steps : level_steps) - state.steps_in_level));
  double steps = std::min(most, std::max(1.0, (last ? usual_last : level == 0 ? usual_first : usual_between) - state.steps_in_level)), fall = 0;
  if (state.steps_in_level >= 2) {  // chi2 of this level is known from its first step on
    const std::size_t back = std::min(looked_at, static_cast<std::size_t>(state.steps_in_level) - 1);
    fall = std::max(0.0, std::log(history.chi2[count - 1 - back] / chi2) / static_cast<double>(back));
    const double to_fall = std::log(chi2 * samples / ((last ? last_level_chi2 : level_chi2) * modes[level]));
    steps = fall > 0 ? std::clamp(to_fall / fall, 1.0, most) : most;
  }
  const double trials = std::clamp(static_cast<double>(state.evaluations) / static_cast<double>(std::max<Index>(1, state.steps)), 1.0, 2.0);
  work.left = trials * steps * cost(level);
  for (std::size_t l = level + 1; l <= last_level; ++l) work.left += trials * (l == last_level ? usual_last : usual_between) * cost(l);
  // At the bound of the last level the particles may still be told from the data.
  if (last && steps >= most && chi2 * std::exp(-fall * steps) > modes.back() / samples && state.round + 1 < rounds && last_level > 0)
    work.left += (work.done + work.left) / (state.round + 1);
  return work;
}

FlowRule::FlowRule(std::vector<double> modes, double samples, const RuleOptions& options) : m_modes(std::move(modes)), m_samples(samples), m_options(options) {
  require(options.rounds >= 1, "Flow", [&] { return "rounds must be at least 1, got " + std::to_string(options.rounds); });
  require(options.max_steps >= 0, "Flow", [&] { return "max_steps must not be negative, got " + std::to_string(options.max_steps); });
  require(!m_modes.empty(), "Flow", [] { return "the model has no level"; });
  require_positive(samples, "Flow", "the number of samples");
  reset();
}

void FlowRule::reset() {
  m_state = {};
  m_state.step = first_step;
  m_state.in_double = m_options.in_double;
  m_history = {};
}

FlowRule::Task FlowRule::next() {
  while (!m_state.done) {
    if (m_state.coefficients.empty()) return Task::look;
    if (m_options.max_steps > 0 && m_state.steps >= m_options.max_steps) {
      end("max-steps");
    } else if (const char* reason = reason_to_leave()) {
      leave_level(reason);
    } else {
      return Task::step;
    }
  }
  return Task::end;
}

void FlowRule::observe(FlowField field) {
  require(std::isfinite(field.energy), "Flow", [] { return "the particles lie so far from the data that their energy overflows"; });
  ++m_state.evaluations;
  take(std::move(field));
  if (static_cast<int>(m_state.level_energy.size()) == m_state.steps_in_level) m_state.level_energy.push_back(m_state.energy);
  if (m_history.energy.empty()) record(0);
}

bool FlowRule::judge(FlowField trial, double gain) {
  ++m_state.evaluations;
  if (std::isfinite(trial.energy) && trial.energy <= m_state.energy - armijo * gain) {
    take(std::move(trial));
    m_state.time += m_state.step;
    ++m_state.steps;
    ++m_state.steps_in_level;
    m_state.level_energy.push_back(m_state.energy);
    record(m_state.step);
    m_state.step = std::min(largest_step, step_growth * m_state.step);
    return true;
  }
  m_state.step /= 2;
  if (m_state.step >= smallest_step) return false;
  if (m_state.in_double) {
    leave_level("no step");
  } else {
    // The energy's last digits are noise in float, and near the end of a metastable flow they decide: on in double.
    m_state.in_double = true;
    m_state.step = first_step;
    m_state.coefficients.clear();
  }
  return false;
}

void FlowRule::move() {
  m_state.coefficients.clear();
  if (!m_state.done) {
    if (static_cast<int>(m_state.level_energy.size()) > m_state.steps_in_level) m_state.level_energy.pop_back();  // F where they stood is no longer theirs
    return;
  }
  m_state.done = false;
  m_state.stop_reason.clear();
  m_state.round = 0;
  start_level(m_state.level);
}

void FlowRule::end(const std::string& reason) {
  m_state.done = true;
  m_state.stop_reason = reason;
}

void FlowRule::restore(const FlowState& state, const History& history) {
  require(state.level >= 0 && state.level < static_cast<int>(m_modes.size()), "Flow::restore",
          [&] { return "the checkpoint is on level " + std::to_string(state.level) + ", which the model does not have"; });
  const std::size_t energies = state.level_energy.size(), steps = static_cast<std::size_t>(std::max(state.steps_in_level, 0));
  require(state.round >= 0 && state.steps_in_level >= 0 && state.steps >= 0 && std::isfinite(state.step) && state.step > 0 && std::isfinite(state.time) &&
              energies <= steps + 1 && (state.coefficients.empty() || (energies == steps + 1 && std::isfinite(state.energy))),
          "Flow::restore", [] { return "the state contradicts itself"; });
  m_state = state;
  m_state.in_double = state.in_double || m_options.in_double;
  if (m_state.in_double != state.in_double) m_state.coefficients.clear();
  m_history = history;
  if (state.stop_reason == "max-steps" || state.stop_reason == "stopped") {
    m_state.done = false;
    m_state.stop_reason.clear();
  }
}

const char* FlowRule::reason_to_leave() const {
  const bool last = on_last_level();
  if (m_state.chi2 <= (last ? last_level_chi2 : level_chi2) * m_modes[static_cast<std::size_t>(m_state.level)] / m_samples) return "chi2";
  if (m_state.steps_in_level >= (last ? last_level_steps : level_steps)) return "steps";
  const auto& energies = m_state.level_energy;
  if (energies.size() > plateau_steps && m_state.energy > plateau_fall * energies[energies.size() - 1 - plateau_steps]) return "plateau";
  return nullptr;
}

/// To the next level, or the next round, or the end.
void FlowRule::leave_level(const char* reason) {
  m_state.level_reasons.emplace_back(reason);
  const bool equal_to_the_data = m_state.chi2 <= m_modes.back() / m_samples;
  if (!on_last_level()) {
    start_level(m_state.level + 1);
  } else if (m_state.round + 1 < m_options.rounds && m_modes.size() > 1 && !equal_to_the_data) {
    ++m_state.round;
    start_level(0);
  } else {
    end(reason);
  }
}

void FlowRule::start_level(int level) {
  m_state.level = level;
  m_state.steps_in_level = 0;
  m_state.level_energy.clear();
  m_state.step = first_step;
  m_state.coefficients.clear();
}

void FlowRule::take(FlowField&& field) {
  m_state.energy = field.energy;
  m_state.chi2 = field.chi2;
  m_state.coefficients = std::move(field.coefficients);
}

void FlowRule::record(double step) {
  m_history.time.push_back(m_state.time);
  m_history.energy.push_back(m_state.energy);
  m_history.chi2.push_back(m_state.chi2);
  m_history.step.push_back(step);
  m_history.level.push_back(m_state.level);
  m_history.round.push_back(m_state.round);
  m_history.evaluations.push_back(m_state.evaluations);
}

}  // namespace kswgd
