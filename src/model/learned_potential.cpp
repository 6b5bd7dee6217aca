// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "reference_law.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kswgd {
namespace {

constexpr Index reference_draws = 4096;
/// Mixtures of at most so many normals are tried.
constexpr Index most_components = 25;

/// Column 0 is the fit, the others are without a fold: what they say of its error.
template <class Exec>
struct JackknifeKernel {
  Matrix<Exec> columns;  // n x (1 + folds)
  Vector<Exec> shift;    // of each column
  Vector<Exec> value, error;
  Index folds;
  double square;  // of an error to be added
  KOKKOS_FUNCTION void operator()(Index i) const {
    value(i) += columns(i, 0) - shift(0);
    double mean = 0, sum = 0;
    for (Index k = 1; k <= folds; ++k) mean += (columns(i, k) - shift(k)) / static_cast<double>(folds);
    for (Index k = 1; k <= folds; ++k) sum += (columns(i, k) - shift(k) - mean) * (columns(i, k) - shift(k) - mean);
    error(i) = Kokkos::sqrt(square + (folds > 1 ? sum * static_cast<double>(folds - 1) / static_cast<double>(folds) : 0.0));
  }
};

/// sum and square over the folds, of one component after the other.
template <class Exec>
struct AddScoreKernel {
  Points<Exec> score, sum, square;
  Index n;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % n, k = item / n;
    sum(i, k) += score(i, k);
    square(i, k) += score(i, k) * score(i, k);
  }
};

/// square := the jackknife's error.
template <class Exec>
struct ScoreErrorKernel {
  Points<Exec> sum, square;
  Index n;
  double folds;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % n, k = item / n;
    const double scatter = Kokkos::fmax(0.0, square(i, k) - sum(i, k) * sum(i, k) / folds);
    square(i, k) = folds > 1 ? Kokkos::sqrt(scatter * (folds - 1) / folds) : 0.0;
  }
};

/// The features of a level, of which a dictionary evaluates the first.
template <class Exec>
Index checked_features(const ModelData& model, const AnyDictionary<Exec>& dictionary) {
  const auto features = static_cast<Index>(model.log_density.coefficients.size());
  require(features > 0, "LearnedPotential", [] {
    return "the model holds no log density: fit it again (from samples with eigenvalues to read; a dictionary of one large level, normals of your own and "
           "diffusion maps have none)";
  });
  require(features <= dictionary.size() && model.dimension() >= 1, "LearnedPotential", [] { return "the log density is of another dictionary"; });
  return features;
}

std::vector<double> one_column(const HostMatrix& a, std::size_t k) {
  std::vector<double> result(a.extent(0));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = a(i, k);
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
LearnedPotential<Exec>::LearnedPotential(const Exec& exec, const ModelData& model)
    : m_frame(exec, model.frame), m_dictionary(make_dictionary(exec, model.dictionary)) {
  const Index p = checked_features(model, m_dictionary), folds = static_cast<Index>(model.log_density.without_fold.extent(1));
  const HostMatrix coefficients("kswgd::LearnedPotential::coefficients", p, 1 + folds);
  for (Index a = 0; a < p; ++a) {
    coefficients(a, 0) = model.log_density.coefficients[static_cast<std::size_t>(a)];
    for (Index k = 0; k < folds; ++k) coefficients(a, 1 + k) = model.log_density.without_fold(a, k);
  }
  m_coefficients = to_device(exec, coefficients);
  normalise(exec, model);
}

template <ExecutionSpace Exec>
Matrix<Exec> LearnedPotential<Exec>::columns_inside(const Exec& exec, const Points<Exec>& inside) const {
  const Index n = rows(inside), rows_each = std::min(n, rows_of_tile(features()));
  const auto out = allocate<Matrix<Exec>>(exec, "LearnedPotential::columns", n, m_coefficients.extent(1));
  const auto psi = allocate<Matrix<Exec>>(exec, "LearnedPotential::psi", rows_each, features());
  Workspace<Exec> workspace;
  for (Index first = 0; first < n; first += rows_each) {
    const Index count = std::min(rows_each, n - first);
    const Matrix<Exec> tile = row_block(psi, 0, count);
    m_dictionary.evaluate(exec, row_block(inside, first, count), tile, workspace);
    algebra::multiply(exec, 1.0, algebra::Op::none, tile, algebra::Op::none, m_coefficients, 0.0, row_block(out, first, count));
  }
  exec.fence("kswgd::LearnedPotential: the features are freed");
  return out;
}

/// log Z of each column by the bridge with the smallest error of the first.
template <ExecutionSpace Exec>
void LearnedPotential<Exec>::normalise(const Exec& exec, const ModelData& model) {
  const std::size_t columns = m_coefficients.extent(1);
  m_constants.assign(columns, 0.0);
  m_constant = {0, std::numeric_limits<double>::infinity(), "none"};
  const Index n = rows(model.training_subset);
  if (n < 2) return;
  const auto inside = allocate<Points<Exec>>(exec, "LearnedPotential::training", n, m_frame.inner_dimension());
  m_frame.enter(exec, n, to_device(exec, model.training_subset), inside);
  m_frame.geometry().retract(exec, inside);
  const HostPoints training = host_copy(exec, inside);
  const HostMatrix at_training = to_host(exec, columns_inside(exec, inside));
  for (std::size_t k = 0; k < columns; ++k)  // where there is no bridge
    for (Index i = 0; i < n; ++i) m_constants[k] += at_training(i, k) / static_cast<double>(n);

  std::vector<std::pair<Index, Index>> centres{{0, 0}};
  if (model.frame.geometry.is_euclidean())
    for (const LevelData& level : model.density.levels)
      if (level.last_landmark - level.first_landmark <= most_components) centres.emplace_back(level.first_landmark, level.last_landmark);
  for (const auto& [first, last] : centres) {
    const detail::ReferenceLaw law(model.frame, training, model.density.landmarks, first, last);
    const HostPoints draws = law.draw(reference_draws, model.provenance.seed);
    const HostMatrix at_draws = to_host(exec, columns_inside(exec, to_device(exec, draws)));
    const std::vector<double> log_q_training = law.log_density(training), log_q_draws = law.log_density(draws);
    const auto bridge_of = [&](std::size_t k) {
      std::vector<double> here = one_column(at_training, k), there = one_column(at_draws, k);
      for (std::size_t i = 0; i < here.size(); ++i) here[i] -= log_q_training[i];
      for (std::size_t i = 0; i < there.size(); ++i) there[i] -= log_q_draws[i];
      return detail::bridge(here, there);
    };
    const detail::BridgeEstimate found = bridge_of(0);
    if (!std::isfinite(found.log_z) || !(found.error < m_constant.error)) continue;
    m_constant = {found.log_z, found.error,
                  model.frame.geometry.is_euclidean() ? "a mixture of " + std::to_string(law.components()) + " normals" : "a uniform law on the manifold"};
    if (!m_constant.is_known()) continue;
    for (std::size_t k = 0; k < columns; ++k) {
      const double log_z = bridge_of(k).log_z;
      m_constants[k] = std::isfinite(log_z) ? log_z : found.log_z;
    }
  }
}

template <ExecutionSpace Exec>
typename LearnedPotential<Exec>::LogDensities LearnedPotential<Exec>::log_density(const Exec& exec, const Points<Exec>& x) const {
  const Index n = rows(x), d = columns(x);
  require(d == dimension(), "LearnedPotential",
          [&] { return "the points have " + std::to_string(d) + " coordinates, the model has " + std::to_string(dimension()); });
  const LogDensities result{zeros<Vector<Exec>>(exec, "LearnedPotential::log_density", n), zeros<Vector<Exec>>(exec, "LearnedPotential::error", n)};
  if (n == 0) return result;
  const auto inside = allocate<Points<Exec>>(exec, "LearnedPotential::inside", n, m_frame.inner_dimension());
  m_frame.enter(exec, n, x, inside);
  m_frame.geometry().retract(exec, inside);
  if (m_constant.is_known()) m_frame.log_volume(exec, n, x, result.value);
  const double square = m_constant.is_known() ? m_constant.error * m_constant.error : 0;
  Kokkos::parallel_for("kswgd::LearnedPotential::log_density", index_range(exec, n),
                       JackknifeKernel<Exec>{columns_inside(exec, inside), to_device(exec, m_constants), result.value, result.error,
                                             static_cast<Index>(m_coefficients.extent(1)) - 1, square});
  exec.fence("kswgd::LearnedPotential: the columns are freed");
  return result;
}

template <ExecutionSpace Exec>
typename LearnedPotential<Exec>::Scores LearnedPotential<Exec>::score(const Exec& exec, const Points<Exec>& x) const {
  const Index n = rows(x), d = columns(x), e = m_frame.inner_dimension(), folds = static_cast<Index>(m_coefficients.extent(1)) - 1;
  require(d == dimension(), "LearnedPotential",
          [&] { return "the points have " + std::to_string(d) + " coordinates, the model has " + std::to_string(dimension()); });
  const Scores result{zeros<Points<Exec>>(exec, "LearnedPotential::score", n, d), zeros<Points<Exec>>(exec, "LearnedPotential::score_error", n, d)};
  if (n == 0) return result;
  const auto inside = allocate<Points<Exec>>(exec, "LearnedPotential::inside", n, e), u = allocate<Points<Exec>>(exec, "LearnedPotential::u", n, e);
  const auto one = allocate<Points<Exec>>(exec, "LearnedPotential::one", n, d), sum = zeros<Points<Exec>>(exec, "LearnedPotential::sum", n, d);
  const auto c = allocate<Vector<Exec>>(exec, "LearnedPotential::column", features());
  m_frame.enter(exec, n, x, inside);
  m_frame.geometry().retract(exec, inside);
  Workspace<Exec> workspace;
  for (Index k = 0; k <= folds; ++k) {
    Kokkos::deep_copy(exec, c, Kokkos::subview(m_coefficients, Kokkos::ALL, k));
    m_dictionary.descent(exec, inside, c, u, features(), Precision::fp64, workspace);
    detail::negate(exec, u);
    const Points<Exec>& out = k == 0 ? result.value : one;
    m_frame.gradient_out(exec, n, inside, u, out);
    if (k > 0) Kokkos::parallel_for("kswgd::LearnedPotential::folds", index_range(exec, n * d), AddScoreKernel<Exec>{one, sum, result.error, n});
  }
  m_frame.add_log_volume_gradient(exec, n, x, result.value);
  Kokkos::parallel_for("kswgd::LearnedPotential::score_error", index_range(exec, n * d),
                       ScoreErrorKernel<Exec>{sum, result.error, n, static_cast<double>(std::max<Index>(folds, 1))});
  exec.fence("kswgd::LearnedPotential::score: workspace is freed");
  return result;
}

template <ExecutionSpace Exec>
void LearnedPotential<Exec>::evaluate_inside(const Exec& exec, const Points<Exec>& inside, const Vector<Exec>& value, const Points<Exec>& gradient,
                                             Workspace<Exec>& workspace) const {
  if (rows(inside) == 0) return;
  m_dictionary.value_and_gradient(exec, inside, Kokkos::subview(m_coefficients, Kokkos::ALL, 0), value, gradient, features(), workspace);
  m_frame.geometry().project(exec, inside, gradient);
}

template <int D, ExecutionSpace Exec>
LearnedPointPotential<Exec, D> point_potential(const Exec& exec, const ModelData& model) {
  const LearnedPotential<Exec> learned(exec, model);
  const auto* gaussians = std::get_if<GaussianDictionaryData>(&model.dictionary);
  const Normalisation& unit = model.frame.normalisation;
  require(gaussians && !gaussians->squares && model.frame.geometry.is_euclidean() && !model.frame.is_mapped() && model.dimension() == D &&
              std::none_of(unit.constant.begin(), unit.constant.end(), [](bool constant) { return constant; }),
          "point_potential", [&] {
            return "a learned potential can be simulated where the dictionary is the default one, in " + std::to_string(D) +
                   " Euclidean coordinates that all vary and are seen as given (a fit with coordinates given); the model has " +
                   std::to_string(model.dimension());
          });
  const LevelData& level = model.density.levels[static_cast<std::size_t>(model.log_density.level)];
  LearnedPointPotential<Exec, D> result;
  result.coefficients = to_device(exec, model.log_density.coefficients);
  result.polynomials = gaussians->polynomials();
  result.gaussians = static_cast<Index>(model.log_density.coefficients.size()) - result.polynomials;
  result.quadratics = gaussians->quadratics;
  result.squares = !gaussians->quadratics && gaussians->squares;
  std::vector<double> inverse;
  for (Index a = 0; a < result.gaussians; ++a) inverse.push_back(1 / (gaussians->widths(a) * gaussians->widths(a)));
  result.inverse_square = to_device(exec, inverse);
  result.mean = to_device(exec, unit.mean);
  result.centres = to_device(exec, gaussians->landmarks);
  const HostPoints landmarks("kswgd::point_potential::landmarks", level.last_landmark - level.first_landmark, D);
  for (Index a = level.first_landmark; a < level.last_landmark; ++a)
    for (Index k = 0; k < D; ++k) landmarks(a - level.first_landmark, k) = model.density.landmarks(a, k);
  result.landmarks = to_device(exec, landmarks);
  result.scale = unit.scale;
  result.guard = level.guard;
  result.width = level.width;
  const NormalisingConstant& constant = learned.normalisation();
  result.offset = constant.is_known() ? constant.log_z + static_cast<double>(D) * std::log(unit.scale) : 0;
  return result;
}

#define KSWGD_INSTANTIATE_FOR(EXEC, D) template LearnedPointPotential<EXEC, D> point_potential<D, EXEC>(const EXEC&, const ModelData&);
#define KSWGD_INSTANTIATE(EXEC)          \
  template class LearnedPotential<EXEC>; \
  KSWGD_INSTANTIATE_FOR(EXEC, 1)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 2)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 3)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 4)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 5)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 6)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 7)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 8)         \
  KSWGD_INSTANTIATE_FOR(EXEC, 10)
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE
#undef KSWGD_INSTANTIATE_FOR

}  // namespace kswgd
