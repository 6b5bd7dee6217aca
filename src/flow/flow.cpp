// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/model/fingerprint.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>

namespace kswgd {
namespace {

/// Two numbers of modes that differ by more than this are of different inverses; backends differ by rounding.
constexpr double modes_tolerance = 1e-4;

/// How many independent points the data are worth: n of the rule.
double samples(const ModelData& model) { return model.density.moments.weight; }

template <class Exec>
FlowRule rule_for(const Model<Exec>& model, const FlowOptions& options) {
  std::vector<double> modes;
  for (const auto& level : model.levels()) modes.push_back(level.modes);
  return FlowRule(modes, samples(model.data()), {options.precision == Precision::fp64, options.rounds, options.max_steps});
}

}  // namespace

template <ExecutionSpace Exec>
Flow<Exec>::Flow(const Exec& exec, const Model<Exec>& model, const FlowOptions& options)
    : m_exec(exec), m_options(options), m_rule(rule_for(model, options)), m_particles(exec, model, options.ranks) {}

template <ExecutionSpace Exec>
void Flow<Exec>::begin(Seen seen, bool afresh) {
  const bool restored = std::exchange(m_restored, false);
  if (seen == Seen::same) return;
  m_entered = seen != Seen::none;
  if (!restored || seen == Seen::none) {
    if (afresh || seen != Seen::moved) {
      m_rule.reset();
    } else {
      m_rule.move();
    }
  }
  if (seen == Seen::none) m_rule.end("no particles");
}

template <ExecutionSpace Exec>
void Flow<Exec>::take_up() {
  const FlowState& state = m_rule.state();
  if (!m_particles.has_field()) m_particles.take_up(state.level, precision(), state.coefficients);
}

/// What rank 0 has decided.
template <ExecutionSpace Exec>
bool Flow<Exec>::goes_on(bool here) const {
  double answer = here ? 1 : 0;
  m_options.ranks.broadcast(&answer, 1);
  return answer != 0;
}

template <ExecutionSpace Exec>
bool Flow<Exec>::step() {
  const Kokkos::Profiling::ScopedRegion region("kswgd::Flow::step");
  for (auto task = m_rule.next(); task != FlowRule::Task::end; task = m_rule.next()) {
    const FlowState& state = m_rule.state();
    if (task == FlowRule::Task::look) {
      const Kokkos::Profiling::ScopedRegion looking("kswgd::Flow::level");  // one begins, or the particles are others
      m_rule.observe(m_particles.look(state.level, precision()));
      continue;
    }
    take_up();
    auto trial = m_particles.try_step(state.step);
    if (!m_rule.judge(std::move(trial.field), trial.gain)) continue;
    m_particles.accept();
    m_moved = true;
    if (m_options.observer && !goes_on(m_options.observer(state, m_rule.history()))) m_rule.end("stopped");
    return true;
  }
  return false;
}

template <ExecutionSpace Exec>
FlowReport Flow<Exec>::report() {
  const FlowState& state = m_rule.state();
  FlowReport report{state, m_rule.history(), {}, 0};
  if (m_particles.total() == 0 || state.coefficients.empty()) return report;
  take_up();
  const Model<Exec>& model = m_particles.model();
  report.monitors.mean_square_velocity = m_particles.mean_square_velocity();
  report.monitors.dissipation_ratio = report.monitors.mean_square_velocity / (2 * state.energy);
  report.monitors.chi2_ratio = state.chi2 * samples(model.data()) / model.levels()[static_cast<std::size_t>(state.level)].modes;
  return report;
}

template <ExecutionSpace Exec>
FlowCheckpoint Flow<Exec>::checkpoint() {
  require(m_particles.total() > 0, "Flow::checkpoint", [] { return "the flow has no particles yet"; });
  const Model<Exec>& model = m_particles.model();
  if (!m_fingerprint) m_fingerprint = fingerprint(model.data());
  const FlowState& state = m_rule.state();
  return {m_particles.positions(), state, m_rule.history(), *m_fingerprint, model.levels()[static_cast<std::size_t>(state.level)].modes};
}

template <ExecutionSpace Exec>
void Flow<Exec>::restore(const FlowCheckpoint& checkpoint) {
  const Model<Exec>& model = m_particles.model();
  if (!m_fingerprint) m_fingerprint = fingerprint(model.data());
  require(checkpoint.model == *m_fingerprint, "Flow::restore", [] { return "it is a checkpoint of a flow by another model"; });
  FlowRule rule = rule_for(model, m_options);
  rule.restore(checkpoint.state, checkpoint.history);
  const Level<Exec>& level = model.levels()[static_cast<std::size_t>(checkpoint.state.level)];
  require(std::abs(checkpoint.modes - level.modes) <= modes_tolerance * level.modes, "Flow::restore", [&] {
    return "the checkpoint's flow had " + std::to_string(checkpoint.modes) + " modes on its level, this one has " + std::to_string(level.modes) +
           ": make the model with the same inverse, modes and regularisation";
  });
  const Index coefficients = static_cast<Index>(checkpoint.state.coefficients.size());
  require(coefficients == 0 || coefficients == level.data.features, "Flow::restore", [&] {
    return "the checkpoint holds " + std::to_string(coefficients) + " coefficients, its level has " + std::to_string(level.data.features) + " features";
  });
  m_particles.place(checkpoint.particles);
  m_rule = std::move(rule);
  m_restored = m_entered = m_moved = false;
}

template <ExecutionSpace Exec>
void Flow<Exec>::restore(const FlowState& state, const History& history) {
  FlowState somewhere = state;
  somewhere.coefficients.clear();
  if (static_cast<int>(somewhere.level_energy.size()) > somewhere.steps_in_level) somewhere.level_energy.pop_back();
  m_rule.restore(somewhere, history);
  m_restored = true;
  m_entered = m_moved = false;
}

template <ExecutionSpace Exec>
void Flow<Exec>::reset() {
  m_particles.forget();
  m_rule.reset();
  m_restored = m_entered = m_moved = false;
}

template <ExecutionSpace Exec>
void Flow<Exec>::set_model(const Model<Exec>& model) {
  m_rule = rule_for(model, m_options);
  m_particles = ParticleField<Exec>(m_exec, model, m_options.ranks);
  m_fingerprint.reset();
  m_restored = m_entered = m_moved = false;
}

#define KSWGD_INSTANTIATE(EXEC) template class Flow<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
