// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

/// @file
/// The rule of the flow (docs/method.md): step sizes, levels, rounds, and when to end. Plain host code: numbers in, decision out.

namespace kswgd {

using Index = std::int64_t;  // as in support/execution.hpp, which brings Kokkos

/// What happened at each accepted step (entry 0: the start).
struct History {
  std::vector<double> time;    ///< in the flow's own time: modes decay as e^{-t}
  std::vector<double> energy;  ///< F of the level; within one it never rises unless the caller moves the particles
  std::vector<double> chi2;    ///< chi2 of the particles against the data, in the level's dictionary
  std::vector<double> step;    ///< step size
  std::vector<int> level, round;
  std::vector<Index> evaluations;  ///< so far, rejected trials included
};

/// Where a flow stands between two steps: with the particles all that its next decisions depend on.
struct FlowState {
  int round = 0, level = 0, steps_in_level = 0;
  double step = 0.5, time = 0;
  Index steps = 0, evaluations = 0;
  std::vector<double> level_energy;  ///< F at the start of this level and after each of its steps
  bool in_double = false;            ///< features are evaluated in fp64: asked for, or mixed precision was not enough
  bool done = false;
  std::string stop_reason;
  std::vector<std::string> level_reasons;                    ///< why each level was left, in order
  double energy = std::numeric_limits<double>::quiet_NaN();  ///< F of the particles on this level
  double chi2 = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> coefficients;  ///< of the potential u on this level's dictionary; empty where it has not been evaluated yet
};

/// What a flow has cost, and about what it still costs: evaluations on the last level, to which those of others count by their features.
struct FlowWork {
  double done = 0, left = 0;
};

/// A guess for a bar of progress, by the rule's own bounds: chi2 goes on to fall as it fell over the last steps, levels to come take as many steps as they
/// mostly do, and another round as many as those before. modes and samples as in FlowRule; features: of each level.
FlowWork expected_work(const FlowState& state, const History& history, const std::vector<double>& modes, double samples, const std::vector<Index>& features,
                       int rounds = 4);

/// The potential of a set of particles on one level: u = psi . c, F and chi2.
struct FlowField {
  double energy = 0, chi2 = 0;
  std::vector<double> coefficients;  ///< c
};

struct RuleOptions {
  bool in_double = false;  ///< fp64 from the start
  int rounds = 4;          ///< at most this often through all levels
  Index max_steps = 0;     ///< accepted steps in all; 0: as the rule says
};

/// Decides what a flow does next. It sees numbers that are means over all particles, wherever these are, so that all ranks of a
/// parallel flow decide the same; what it knows is its state and history, so that a flow goes on from a checkpoint as if it had
/// never been interrupted.
///
/// Drive it by doing what next() says: look: observe() the field where the particles stand; step: judge() a trial step of size
/// state().step, which becomes theirs if that is true; end: nothing.
class FlowRule {
 public:
  enum class Task { look, step, end };

  /// modes: r of each level; samples: n, how many independent points the data are worth. Throws InvalidInput when rounds < 1,
  /// max_steps < 0, or there is no level.
  FlowRule(std::vector<double> modes, double samples, const RuleOptions& options = {});

  const FlowState& state() const { return m_state; }
  const History& history() const { return m_history; }

  /// Leaves levels that are done with, and says what is to be done now.
  Task next();
  /// Takes the field where the particles stand. Throws InvalidInput when the energy is not finite: nothing has changed then.
  void observe(FlowField field);
  /// Whether the particles take the trial step: F falls by Armijo's rule. gain: mean of s . u over the particles. After a rejected
  /// trial the next is half as long; when it is too short, mixed precision gives way to fp64, or the level is left.
  bool judge(FlowField trial, double gain);

  /// The particles were moved from outside. The flow goes on on its level; one that had ended begins its rounds again on its
  /// last level, unless it had max_steps.
  void move();
  /// Ends the flow.
  void end(const std::string& reason);
  /// Back to the start.
  void reset();
  /// Goes on from a state. A flow that was ended from outside ("max-steps", "stopped") may go on. Throws InvalidInput when the state
  /// is on a level that does not exist or contradicts itself.
  void restore(const FlowState& state, const History& history);

 private:
  bool on_last_level() const { return m_state.level + 1 == static_cast<int>(m_modes.size()); }
  const char* reason_to_leave() const;
  void leave_level(const char* reason);
  void start_level(int level);
  void take(FlowField&& field);
  void record(double step);

  std::vector<double> m_modes;
  double m_samples;
  RuleOptions m_options;
  FlowState m_state;
  History m_history;
};

}  // namespace kswgd
