// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/rivals/lawgd.hpp>
#include <kswgd/support/ordered_sum.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd::rivals {
namespace {

/// Products of line modes with the smallest eigenvalues, the constant left out: K x d indices, and the K eigenvalues.
struct Products {
  Kokkos::View<int**, Kokkos::LayoutLeft, Kokkos::HostSpace> index;
  HostVector values;
};

Products products_of(const std::vector<LineSpectrum>& lines, Index modes) {
  const std::size_t d = lines.size();
  std::vector<std::pair<double, std::vector<int>>> all{{0.0, {}}};
  for (const LineSpectrum& line : lines) {
    std::vector<std::pair<double, std::vector<int>>> longer;
    for (const auto& [value, index] : all)
      for (std::size_t k = 0; k < line.values.size(); ++k) {
        longer.emplace_back(value + line.values[k], index);
        longer.back().second.push_back(static_cast<int>(k));
      }
    std::stable_sort(longer.begin(), longer.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (longer.size() > static_cast<std::size_t>(modes) + 1) longer.resize(static_cast<std::size_t>(modes) + 1);
    all = std::move(longer);
  }
  const std::size_t count = all.size() - 1;
  require(count >= 1, "rivals::lawgd", [] { return "the lines have no mode beside the constant"; });
  Products products{decltype(Products::index)("kswgd::lawgd::index", count, d), HostVector("kswgd::lawgd::values", count)};
  for (std::size_t m = 0; m < count; ++m) {
    products.values(m) = all[m + 1].first;
    for (std::size_t k = 0; k < d; ++k) products.index(m, k) = all[m + 1].second[k];
  }
  return products;
}

/// phi and phi' of each line's modes at each particle, by linear interpolation of the nodes (phi) and of their central
/// differences (phi'). Column d-block k: modes of line k.
template <class Exec>
struct LineValues {
  Points<Exec> x;
  Matrix<Exec> nodes;  // nodes x modes of one line
  Matrix<Exec> phi, slope;
  double low, width;
  Index line, first, count;

  KOKKOS_FUNCTION double difference(Index at, Index mode) const {
    const Index last = rows(nodes) - 1, left = at > 0 ? at - 1 : 0, right = at < last ? at + 1 : last;
    return (nodes(right, mode) - nodes(left, mode)) / (width * static_cast<double>(right - left));
  }
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index n = rows(x), i = item % n, mode = item / n, last = rows(nodes) - 1;
    const double place = Kokkos::fmin(Kokkos::fmax((x(i, line) - low) / width, 0.0), static_cast<double>(last));
    const Index cell = place < static_cast<double>(last) ? static_cast<Index>(place) : last - 1;
    const double f = place - static_cast<double>(cell);
    phi(i, first + mode) = (1 - f) * nodes(cell, mode) + f * nodes(cell + 1, mode);
    slope(i, first + mode) = (1 - f) * difference(cell, mode) + f * difference(cell + 1, mode);
  }
};

template <class Exec>
class Evaluator {
 public:
  Evaluator(const Exec& exec, const std::vector<LineSpectrum>& lines, Index modes, Index particles) : m_exec(exec), m_lines(lines) {
    const Products products = products_of(lines, modes);
    m_index = to_device(exec, products.index);
    m_values = products.values;
    Index total = 0;
    std::vector<int> offsets;
    for (const LineSpectrum& line : lines) {
      require(line.values.size() >= 1 && line.functions.extent(1) == line.values.size() && line.functions.extent(0) >= 2, "rivals::lawgd",
              [] { return "a line holds no spectrum"; });
      m_nodes.push_back(to_device(exec, line.functions));
      offsets.push_back(static_cast<int>(total));
      total += static_cast<Index>(line.values.size());
    }
    m_offset = to_device(exec, offsets);
    m_phi = allocate<Matrix<Exec>>(exec, "lawgd::phi", particles, total);
    m_slope = allocate<Matrix<Exec>>(exec, "lawgd::slope", particles, total);
    m_means = allocate<Vector<Exec>>(exec, "lawgd::means", m_values.extent(0));
    m_coefficients = allocate<Vector<Exec>>(exec, "lawgd::coefficients", m_values.extent(0));
  }

  const HostVector& values() const { return m_values; }

  /// The means m_k at these particles.
  HostVector means(const Points<Exec>& x) {
    const Index n = rows(x), d = columns(x);
    Index first = 0;
    for (std::size_t k = 0; k < m_lines.size(); ++k) {
      const LineSpectrum& line = m_lines[k];
      const Index count = static_cast<Index>(line.values.size());
      const double width = (line.high - line.low) / static_cast<double>(m_nodes[k].extent(0) - 1);
      Kokkos::parallel_for("kswgd::lawgd::lines", index_range(m_exec, n * count),
                           LineValues<Exec>{x, m_nodes[k], m_phi, m_slope, line.low, width, static_cast<Index>(k), first, count});
      first += count;
    }
    const auto phi = m_phi;
    const auto index = m_index;
    const auto offset = m_offset;
    const auto means = m_means;
    Kokkos::parallel_for(
        "kswgd::lawgd::means", index_range(m_exec, rows(means)), KOKKOS_LAMBDA(Index m) {
          double sum = 0;
          for (Index i = 0; i < n; ++i) {
            double product = 1;
            for (Index k = 0; k < d; ++k) product *= phi(i, offset(k) + index(m, k));
            sum += product;
          }
          means(m) = sum / static_cast<double>(n);
        });
    return host_copy(m_exec, means);
  }

  /// velocity = -grad sum_k (m_k / lambda_k) phi_k at the particles of the last call of means.
  void velocity(const HostVector& at, const Points<Exec>& velocity) {
    const HostVector ratio("kswgd::lawgd::ratio", at.extent(0));
    for (std::size_t m = 0; m < at.extent(0); ++m) ratio(m) = at(m) / m_values(m);
    Kokkos::deep_copy(m_exec, m_coefficients, ratio);
    const Index n = rows(velocity), d = columns(velocity), modes = rows(at);
    const auto phi = m_phi;
    const auto slope = m_slope;
    const auto index = m_index;
    const auto offset = m_offset;
    const auto coefficients = m_coefficients;
    Kokkos::parallel_for(
        "kswgd::lawgd::velocity", index_range(m_exec, n * d), KOKKOS_LAMBDA(Index item) {
          const Index i = item % n, along = item / n;
          double sum = 0;
          for (Index m = 0; m < modes; ++m) {
            double product = coefficients(m);
            for (Index k = 0; k < d; ++k) product *= k == along ? slope(i, offset(k) + index(m, k)) : phi(i, offset(k) + index(m, k));
            sum += product;
          }
          velocity(i, along) = -sum;
        });
    m_exec.fence("kswgd::lawgd: the ratios may be freed");
  }

 private:
  Exec m_exec;
  std::vector<LineSpectrum> m_lines;
  std::vector<Matrix<Exec>> m_nodes;
  Kokkos::View<int**, Kokkos::LayoutLeft, typename Exec::memory_space> m_index;
  Kokkos::View<const int*, typename Exec::memory_space> m_offset;
  HostVector m_values;
  Matrix<Exec> m_phi, m_slope;
  Vector<Exec> m_means, m_coefficients;
};

double energy_of(const HostVector& means, const HostVector& values) {
  double sum = 0;
  for (std::size_t m = 0; m < means.extent(0); ++m) sum += means(m) * means(m) / values(m) / 2;
  return sum;
}

template <class Exec>
struct SquareNorm {
  Points<Exec> v;
  KOKKOS_FUNCTION double operator()(Index i, Index) const {
    double sum = 0;
    for (std::size_t k = 0; k < v.extent(1); ++k) sum += v(i, k) * v(i, k);
    return sum;
  }
};

template <class Exec>
double mean_square(const Exec& exec, const Points<Exec>& v) {
  const Index n = rows(v);
  return ordered_sums(exec, "lawgd::square", n, 1, SquareNorm<Exec>{v}).front() / static_cast<double>(n);
}

template <class Exec>
void add_scaled(const Exec& exec, const Points<Exec>& x, double step, const Points<Exec>& v, const Points<Exec>& result) {
  const Index n = rows(v), d = columns(v);
  Kokkos::parallel_for(
      "kswgd::lawgd::move", index_range(exec, n), KOKKOS_LAMBDA(Index i) {
        for (Index k = 0; k < d; ++k) result(i, k) = x(i, k) + step * v(i, k);
      });
}

}  // namespace

template <ExecutionSpace Exec>
Report lawgd(const Exec& exec, const std::vector<LineSpectrum>& lines, const Points<Exec>& particles, const LawgdOptions& options,
             std::vector<double>* energies) {
  require(!lines.empty() && options.modes >= 1, "rivals::lawgd", [] { return "at least one line and one mode are needed"; });
  require_positive(options.step, "rivals::lawgd", "step");
  require_particles(exec, particles, static_cast<Index>(lines.size()), "rivals::lawgd");
  const auto n = particles.extent(0), d = particles.extent(1);
  Evaluator<Exec> evaluator(exec, lines, options.modes, static_cast<Index>(n));
  const auto velocity = allocate<Points<Exec>>(exec, "lawgd::velocity", n, d), trial = allocate<Points<Exec>>(exec, "lawgd::trial", n, d);
  HostVector means = evaluator.means(particles);
  evaluator.velocity(means, velocity);
  double energy = energy_of(means, evaluator.values()), step = options.step;
  Index evaluations = 1;
  std::vector<double> history{energy};
  while (static_cast<Index>(history.size()) <= options.max_steps) {
    if (history.size() > 20 && energy > (1 - options.tolerance) * history[history.size() - 21]) break;
    const double slope = mean_square(exec, velocity);
    double trial_energy = HUGE_VAL;
    while (step > 1e-6) {
      add_scaled(exec, particles, step, velocity, trial);
      means = evaluator.means(trial);
      trial_energy = energy_of(means, evaluator.values());
      ++evaluations;
      if (trial_energy <= energy - 0.1 * step * slope) break;
      step /= 2;
    }
    if (step <= 1e-6) break;
    Kokkos::deep_copy(exec, particles, trial);
    evaluator.velocity(means, velocity);
    energy = trial_energy;
    history.push_back(energy);
    step = std::min(1.0, 1.5 * step);
  }
  exec.fence("kswgd::rivals::lawgd: the workspace is released");
  if (energies) *energies = history;
  return {evaluations, 1, energy};
}

template <ExecutionSpace Exec>
std::vector<std::pair<double, double>> mode_means(const Exec& exec, const std::vector<LineSpectrum>& lines, const Points<Exec>& particles, Index modes) {
  require_particles(exec, particles, static_cast<Index>(lines.size()), "rivals::mode_means");
  Evaluator<Exec> evaluator(exec, lines, modes, rows(particles));
  const HostVector means = evaluator.means(particles);
  std::vector<std::pair<double, double>> result;
  for (std::size_t m = 0; m < means.extent(0); ++m) result.emplace_back(means(m), evaluator.values()(m));
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                         \
  template Report lawgd(const EXEC&, const std::vector<LineSpectrum>&, const Points<EXEC>&, const LawgdOptions&, std::vector<double>*); \
  template std::vector<std::pair<double, double>> mode_means(const EXEC&, const std::vector<LineSpectrum>&, const Points<EXEC>&, Index);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::rivals
