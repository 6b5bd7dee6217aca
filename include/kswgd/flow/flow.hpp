// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <chrono>
#include <functional>
#include <kswgd/flow/particle_field.hpp>
#include <limits>
#include <optional>

/// @file
/// Particles along the spectral Wasserstein gradient: dx/dt = -grad u(x), u = L^{-1}(d mu_t / d pi - 1).

namespace kswgd {

struct FlowOptions {
  Precision precision = Precision::mixed;  ///< mixed: until no step lowers the energy any more; the rest of the flow is then fp64
  int rounds = 4;                          ///< at most this often through all levels
  Index max_steps = 0;                     ///< accepted steps in all; 0: as the rule says
  /// Called after each accepted step; returning false ends the flow with the reason "stopped". What it throws comes out of run or
  /// advance: the particles are then where the step took them, and the next call goes on from there.
  std::function<bool(const FlowState&, const History&)> observer = {};
  /// The ranks that the particles are spread over; each has some of them, or none. Every rank then makes the same calls in the same
  /// order, and all end alike. An observer answers on each rank: what rank 0 says counts.
  Reduction ranks = {};
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

/// A flow between two steps, to go on from to the bit: see Flow::checkpoint.
struct FlowCheckpoint {
  HostPoints particles;  ///< M x e, those of this rank, in the library's own coordinates: the caller's would round them
  FlowState state;
  History history;
  std::uint64_t model = 0;  ///< fingerprint(ModelData) of the model
  double modes = 0;         ///< r of its level, which tells how the model inverts the generator
};

/// Moves particles until they are new samples of the law that the model was fitted to.
///
/// Each step is accepted only if the energy falls by Armijo's rule; steps are capped at the level's width; a particle that
/// would leave the data's neighbourhood takes a quarter of its step, three times at most. A step whose energy is not finite
/// is refused like one that rises, so particles never become NaN. On a manifold velocities are projected on its tangent space,
/// and each step ends on it. What is decided is FlowRule's, what is computed ParticleField's.
///
/// A flow keeps its particles, and knows those that it moved when they come again, by their values:
/// | call        | the same particles         | as many, but moved                                             | another number, or the first |
/// |-------------|----------------------------|----------------------------------------------------------------|------------------------------|
/// | `run`       | goes on to its end         | begins afresh                                                  | begins afresh                |
/// | `advance`   | goes on                    | goes on from there; one that had ended begins its rounds again | begins afresh                |
/// Where it had ended, going on moves nothing: the report is that of the end. A View without particles gives a flow that has
/// ended with the reason "no particles", without an evaluation. Movable, not copyable.
///
/// Cost of an evaluation with M particles: 2 M q exponentials and 4 M q d flops in two fused passes, nothing M x q is
/// stored; the caller's View is read once and, where particles moved, written once by each call. Workspace, kept in the
/// object: that of ParticleField, 3 M (e + 1) doubles and the dictionary's.
template <ExecutionSpace Exec>
class Flow {
 public:
  /// Throws InvalidInput when an option is out of its range.
  Flow(const Exec& exec, const Model<Exec>& model, const FlowOptions& options = {});
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;
  Flow(Flow&&) noexcept = default;
  Flow& operator=(Flow&&) noexcept = default;
  ~Flow() = default;

  /// Moves the particles (M x d, float or double, any layout, memory that Exec reaches) to the end of the flow, in place.
  /// Throws InvalidInput when their dimension is not the model's, or a coordinate is not finite: they are not moved then.
  /// Synchronises the instance.
  template <class View>
  FlowReport run(const View& particles) {
    const auto started = std::chrono::steady_clock::now();
    const Kokkos::Profiling::ScopedRegion region("kswgd::Flow::run");
    take(particles, true);
    in_place(particles, [this] {
      while (step()) {
      }
    });
    m_exec.fence("kswgd::Flow::run: the particles are the caller's again");
    FlowReport result = report();
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return result;
  }

  /// One accepted step, in place, for use inside a time loop of one's own: true if the particles made it, false if the flow has
  /// come to its end and they did not. Throws as run does. The particles' last move may still be under way on the instance
  /// when this returns.
  template <class View>
  bool advance(const View& particles) {
    take(particles, false);
    bool moved = false;
    in_place(particles, [&] { moved = step(); });
    return moved;
  }

  /// Writes the particles that the flow holds, as after restore(). Throws InvalidInput when the View has other extents.
  template <class View>
  void write(const View& particles) {
    m_particles.write(particles);
  }

  /// State, history and monitors of the particles as they stand. Synchronises the instance.
  FlowReport report();

  /// All that a flow needs to go on from here as if it had never been interrupted, also from within the observer. Throws InvalidInput
  /// when it has no particles. Synchronises the instance.
  FlowCheckpoint checkpoint();
  /// Goes on from a checkpoint, whose particles write() gives out; the next call takes these. What it was interrupted by
  /// ("max-steps", "stopped") does not count any more. Throws InvalidInput when the checkpoint is another model's, or of a model that
  /// inverts the generator in another way, or contradicts itself; nothing has changed then.
  void restore(const FlowCheckpoint& checkpoint);
  /// Goes on from a state with the particles of the next call, wherever they are.
  void restore(const FlowState& state, const History& history);

  /// Forgets particles and history: the next call begins afresh.
  void reset();
  /// The same with another model.
  void set_model(const Model<Exec>& model);

 private:
  using Seen = typename ParticleField<Exec>::Seen;

  template <class View>
  void take(const View& particles, bool afresh) {
    try {
      begin(m_particles.read(particles), afresh);
    } catch (...) {
      if (m_particles.total() == 0) m_rule.reset();  // they were of another number, and the ones before are gone
      throw;
    }
  }
  /// The caller gets the particles back as they stand, also when `move` throws.
  template <class View, class Move>
  void in_place(const View& particles, const Move& move) {
    try {
      move();
    } catch (...) {
      if (m_moved) m_particles.write(particles);
      m_moved = m_entered = false;
      m_exec.fence("kswgd::Flow: the particles are the caller's while an exception passes");
      throw;
    }
    if (m_moved || m_entered) m_particles.write(particles);  // also where none moved: on the manifold, and as they will be known again
    m_moved = m_entered = false;
  }

  void begin(Seen seen, bool afresh);
  bool step();
  bool goes_on(bool here) const;
  Precision precision() const { return m_rule.state().in_double ? Precision::fp64 : Precision::mixed; }
  /// The field of the state, also where that came from a checkpoint.
  void take_up();

  Exec m_exec;
  FlowOptions m_options;
  FlowRule m_rule;
  ParticleField<Exec> m_particles;
  std::optional<std::uint64_t> m_fingerprint;  // of the model, once it was asked for
  bool m_entered = false;                      // the caller's particles are others than before
  bool m_moved = false;                        // they made a step since
  bool m_restored = false;                     // a state waits for the particles of the next call
};

}  // namespace kswgd
