// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <chrono>
#include <functional>
#include <kswgd/data/data_set.hpp>
#include <kswgd/model/model.hpp>
#include <limits>

/// @file
/// Particles along the spectral Wasserstein gradient: dx/dt = -grad u(x), u = L^{-1}(d mu_t / d pi - 1).

namespace kswgd {

/// What happened at each accepted step (entry 0: the start).
struct History {
  std::vector<double> time;    ///< in the flow's own time: modes decay as e^{-t}
  std::vector<double> energy;  ///< F of the level, never rising within a level
  std::vector<double> chi2;    ///< chi2 of the particles against the data, in the level's dictionary
  std::vector<double> step;    ///< step size
  std::vector<int> level, round;
  std::vector<Index> evaluations;  ///< so far, rejected trials included
};

/// Where a flow stands between two steps: all that a checkpoint must hold besides the particles.
struct FlowState {
  int round = 0, level = 0, steps_in_level = 0;
  double step = 0.5, time = 0;
  Index steps = 0, evaluations = 0;
  std::vector<double> level_energy;  ///< F at each step of this level
  bool in_double = false;            ///< mixed precision was not enough: the rest of the flow is fp64
  bool done = false;
  std::string stop_reason;
  std::vector<std::string> level_reasons;  ///< why each level was left, in order
};

struct FlowOptions {
  Precision precision = Precision::mixed;  ///< mixed: until no step lowers the energy any more; the rest of the flow is then fp64
  int rounds = 4;                          ///< at most this often through all levels
  Index max_steps = 0;                     ///< accepted steps in all; 0: as the rule says
  /// Called after each accepted step; returning false ends the flow with the reason "stopped".
  std::function<bool(const FlowState&, const History&)> observer = {};
};

/// Monitors that need no truth (see docs/method.md); NaN before the flow has seen particles.
struct FlowMonitors {
  double chi2_ratio = std::numeric_limits<double>::quiet_NaN();         ///< chi2 n / r: 1 or less where the particles are statistically equal to the data
  double dissipation_ratio = std::numeric_limits<double>::quiet_NaN();  ///< mean |u|^2 / 2F: near 1 at equilibrium, < 1e-3 with a large F: dead features
  double mean_square_velocity = std::numeric_limits<double>::quiet_NaN();
};

struct FlowReport {
  FlowState state;
  History history;
  FlowMonitors monitors;
  double seconds = 0;  ///< of run, on the wall
};

/// points(i, k) = x(i, k) for the first `count` rows, converted to the View's type.
template <ExecutionSpace Exec, class View>
void write_rows(const Exec& exec, const Points<Exec>& x, Index count, const View& points) {
  using T = typename View::value_type;
  Kokkos::parallel_for(
      "kswgd::write_rows", index_range(exec, count * static_cast<Index>(points.extent(1))), KOKKOS_LAMBDA(Index item) {
        const Index i = item % count, k = item / count;
        points(i, k) = static_cast<T>(x(i, k));
      });
}

/// Moves particles until they are new samples of the law that the model was fitted to.
///
/// Each step is accepted only if the energy falls by Armijo's rule; steps are capped at the level's width; a particle that
/// would leave the data's neighbourhood takes a quarter of its step, three times at most. A step whose energy is not finite
/// is refused like one that rises, so particles never become NaN. On a manifold velocities are projected on its tangent space,
/// and each step ends on it.
///
/// Cost of an evaluation with M particles: 2 M q exponentials and 4 M q d flops in two fused passes, nothing M x q is
/// stored. Workspace: 4 M d + O(q) doubles, kept in the object.
template <ExecutionSpace Exec>
class Flow {
 public:
  Flow(const Exec& exec, const Model<Exec>& model, const FlowOptions& options = {});

  /// Moves the particles (M x d, float or double, any layout, memory that Exec reaches) to the end of the flow, in place.
  /// Throws InvalidInput when their dimension is not the model's, or a coordinate is not finite. Synchronises the instance.
  template <class View>
  FlowReport run(const View& particles) {
    const auto started = std::chrono::steady_clock::now();
    enter(particles);
    while (advance_inside()) {
    }
    leave(particles);
    FlowReport result = report();
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return result;
  }

  /// One accepted step, in place; false once the flow has come to its end. For use inside a time loop of one's own: when the
  /// particles were changed since the last call, the flow goes on from where they are now. The particles' last
  /// move may still be under way on the instance when this returns.
  template <class View>
  bool advance(const View& particles) {
    enter(particles);
    const bool moved = advance_inside();
    leave(particles);
    return moved;
  }

  /// State, history and monitors of the particles as they stand.
  FlowReport report();

  /// Goes on from a checkpoint's state (the next call takes the checkpoint's particles).
  void restore(const FlowState& state, const History& history);

 private:
  template <class View>
  void enter(const View& particles) {
    static_assert(MutablePointsView<View, Exec>,
                  "kswgd::Flow: particles must be a rank-2 View of non-const float or double in memory that the execution "
                  "space can reach");
    const Index n = static_cast<Index>(particles.extent(0));
    prepare(n, static_cast<Index>(particles.extent(1)));
    copy_rows(m_exec, particles, 0, n, m_trial);
    accept_input();
  }
  template <class View>
  void leave(const View& particles) {
    const auto from = in_callers_units();
    const Index n = static_cast<Index>(particles.extent(0));
    write_rows(m_exec, from, n, particles);
    if constexpr (!std::is_same_v<typename View::value_type, double>) {
      copy_rows(m_exec, particles, 0, n, m_last_seen);  // rounded to float: what the caller has is what comes back unchanged
    }
  }

  void prepare(Index n, Index dimension);
  void accept_input();  // m_trial: the caller's particles, in the caller's coordinates
  const Points<Exec>& in_callers_units();
  bool advance_inside();

  struct Impl;
  Exec m_exec;
  Points<Exec> m_trial, m_last_seen;
  std::shared_ptr<Impl> m_impl;
};

}  // namespace kswgd
