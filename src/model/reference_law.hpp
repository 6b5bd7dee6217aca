// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>

#include <string>
#include <vector>

// Laws with a known density, from which a bridge leads to a density that is known up to a factor.
namespace kswgd::detail {

/// A mixture of normals fitted to points, times the uniform law of each factor of a manifold. In the library's coordinates; the density is one of the
/// manifold's volume, and of the coordinates that vary.
class ReferenceLaw {
 public:
  /// points: n x e in the library's coordinates, on the manifold. centres: one normal for the points nearest to each (m x e); none: one for all. The covariance
  /// of a normal is shrunk towards the mean one of all.
  ReferenceLaw(const FrameData& frame, const HostPoints& points, const HostPoints& centres, Index first_centre, Index last_centre);

  /// n draws, n x e; draw i depends on (seed, i) alone.
  HostPoints draw(Index n, std::uint64_t seed) const;
  /// The logarithm of the density at n x e points.
  std::vector<double> log_density(const HostPoints& points) const;

  Index components() const { return static_cast<Index>(m_components.size()); }

 private:
  struct Component {
    double log_weight, log_determinant;  // of the root
    std::vector<double> mean;
    std::vector<double> root;  // of the covariance: lower triangle, row by row
  };
  struct Factor {
    Manifold kind;
    Index first, count;
    double major, minor, log_volume;
  };
  void add_component(double weight, const std::vector<double>& mean, std::vector<double> covariance);

  std::vector<Index> m_free;      // coordinates of the normals
  std::vector<Index> m_constant;  // coordinates that do not vary
  std::vector<double> m_centre;   // of the manifold, e
  std::vector<Factor> m_factors;
  std::vector<Component> m_components;
  Index m_dimension;
};

/// The bridge between n draws x of exp(f) / Z and m draws y of a law with density q (Meng, Wong 1996): log Z, and its standard error for independent
/// draws. at_data: f(x) - log q(x), at_reference: f(y) - log q(y).
struct BridgeEstimate {
  double log_z, error;
};
BridgeEstimate bridge(const std::vector<double>& at_data, const std::vector<double>& at_reference);

}  // namespace kswgd::detail
