// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/flow/flow_rule.hpp>
#include <kswgd/model/model.hpp>
#include <kswgd/support/reduction.hpp>

/// @file
/// Particles on a backend, and what a model makes of them: energy, velocity, trial steps. It decides nothing.

namespace kswgd {
namespace detail {

/// outside(i, k) = points(i, k); counts the coordinates that differ from what stood there, and those that are not finite.
template <class Exec, class View>
struct ReadParticles {
  View points;
  Points<Exec> outside;
  Index n;
  bool comparable;
  KOKKOS_FUNCTION void operator()(Index item, Index& different, Index& non_finite) const {
    using T = typename View::non_const_value_type;
    const Index i = item % n, k = item / n;
    const T value = points(i, k);
    if (!Kokkos::isfinite(value)) ++non_finite;
    if (!comparable || value != static_cast<T>(outside(i, k))) ++different;  // a caller's float is what a double was rounded to
    outside(i, k) = static_cast<double>(value);
  }
};

template <class Exec, class View>
struct WriteParticles {
  Points<Exec> outside;
  View points;
  Index n;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % n, k = item / n;
    points(i, k) = static_cast<typename View::value_type>(outside(i, k));
  }
};

}  // namespace detail

/// M particles in the library's own coordinates, with their velocities, and one step ahead of them.
///
/// Workspace, kept from call to call, with e coordinates in the embedding and rows padded to whole vectors:
/// three arrays M x e of doubles (positions, velocities, trial positions; the trial's holds the caller's coordinates between
/// steps, except where there are angles, which take M x d more), three of M (distances and gains), 4 q, and what the
/// dictionary keeps (Gaussians: the particles once more in the precision of the features, and 64 q on a CPU, 512 q on a GPU).
///
/// Particles may be spread over ranks, any number on each, none included: their sums are those of all ranks, and every rank gets the
/// numbers that rank 0 has, so that all decide alike. Then each call that says it synchronises is made by all ranks together.
///
/// Movable; not copyable, for copies would share arrays.
template <ExecutionSpace Exec>
class ParticleField {
 public:
  ParticleField(const Exec& exec, const Model<Exec>& model, const Reduction& ranks = {});
  ParticleField(const ParticleField&) = delete;
  ParticleField& operator=(const ParticleField&) = delete;
  ParticleField(ParticleField&&) noexcept = default;
  ParticleField& operator=(ParticleField&&) noexcept = default;
  ~ParticleField() = default;

  const Model<Exec>& model() const { return m_model; }
  /// Particles on this rank; 0 before any were read.
  Index size() const { return m_holds ? m_n : 0; }
  /// M, on all ranks; 0 before any were read.
  Index total() const { return m_holds ? m_total : 0; }
  const Reduction& ranks() const { return m_ranks; }

  /// What the particles of a caller are to those that are held.
  enum class Seen { none, same, moved, other };

  /// Takes the caller's particles (M x d, float or double). `same`: their values are those that write() gave out, and nothing has
  /// changed; `moved`: as many, elsewhere; `other`: another number, or the first; `none`: there are none. Reads them once.
  /// Throws InvalidInput when their dimension is not the model's, or a coordinate is not finite: those that are held stay, unless
  /// the number was another. Synchronises the instance.
  template <class View>
  Seen read(const View& particles) {
    static_assert(MutablePointsView<View, Exec>,
                  "kswgd::Flow: particles must be a rank-2 View of non-const float or double in memory that the execution "
                  "space can reach");
    const Index n = static_cast<Index>(particles.extent(0)), d = static_cast<Index>(particles.extent(1));
    resize(n, d);
    if (m_total == 0) return Seen::none;
    const bool comparable = m_holds;
    const Points<Exec> outside = comparable ? positions_outside() : outside_array();
    Index different = 0, non_finite = 0;
    if (n > 0)
      Kokkos::parallel_reduce("kswgd::ParticleField::read", index_range(m_exec, n * d), detail::ReadParticles<Exec, View>{particles, outside, n, comparable},
                              different, non_finite);
    return accept_read(comparable, different, non_finite);
  }

  /// The caller's View gets the particles in the caller's coordinates. May be under way on the instance when this returns.
  template <class View>
  void write(const View& particles) {
    const Index n = size(), d = m_model.dimension();
    check_extents(static_cast<Index>(particles.extent(0)), static_cast<Index>(particles.extent(1)));
    if (n > 0)
      Kokkos::parallel_for("kswgd::ParticleField::write", index_range(m_exec, n * d), detail::WriteParticles<Exec, View>{positions_outside(), particles, n});
  }

  /// A copy in the library's own coordinates, M x e. Synchronises the instance.
  HostPoints positions() const;
  /// Takes particles in the library's own coordinates. Throws InvalidInput when they have another dimension or are not finite.
  void place(const HostPoints& positions);
  void forget();

  /// The field where the particles stand, which is what try_step starts from. Synchronises the instance.
  FlowField look(int level, Precision precision);
  /// The same from coefficients that are known, without an evaluation: what follows is the same to the bit.
  void take_up(int level, Precision precision, const std::vector<double>& coefficients);
  /// Whether look or take_up was called for the particles as they stand.
  bool has_field() const { return m_level >= 0; }

  struct Trial {
    FlowField field;
    double gain = 0;  ///< mean of s . u
  };
  /// The field after a step s = h u, cut at the level's width, quartered while it would take a particle out of the data's
  /// neighbourhood, and ended on the manifold. The particles stay until accept(). Synchronises the instance.
  Trial try_step(double h);
  void accept();

  /// Mean of |u|^2. Synchronises the instance.
  double mean_square_velocity();

 private:
  /// Makes room where a rank has another number of particles than before, forgets these then, and counts them all.
  void resize(Index n, Index dimension);
  void check_extents(Index n, Index dimension) const;
  Seen accept_read(bool comparable, Index different, Index non_finite);
  Points<Exec> rows(const Points<Exec>& padded_points) const { return Kokkos::subview(padded_points, Span(0, m_n), Kokkos::ALL); }
  Points<Exec> outside_array() const { return has_chart() ? m_chart : rows(m_y); }
  Points<Exec> positions_outside();
  bool has_chart() const { return m_model.frame().inner_dimension() != m_model.dimension(); }
  const Level<Exec>& level() const { return m_model.levels()[static_cast<std::size_t>(m_level)]; }
  FlowField field_at(const Points<Exec>& points);
  void average_over_ranks(Index q);
  void share_field(FlowField& field);
  void set_coefficients(const std::vector<double>& coefficients);
  void move_to_trial(double h, bool moves);
  void update_velocity();

  Exec m_exec;
  Model<Exec> m_model;
  Reduction m_ranks;
  Workspace<Exec> m_workspace;  // of the dictionary
  Index m_n = 0, m_total = 0;
  int m_level = -1;  // of the field; -1: none
  Precision m_precision = Precision::mixed;
  bool m_holds = false, m_outside_is_current = false, m_velocity_is_current = false;
  Points<Exec> m_x, m_y, m_u, m_chart;
  Vector<Exec> m_distance, m_new_distance, m_gain, m_mean, m_difference, m_coefficients, m_dual;
};

}  // namespace kswgd
