// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Draws of p(the other columns | some columns) where that law is known: sliced W2 to it, over that of as many exact draws.
// usage: kswgd_conditional [rule|apart|later]... [--seeds N]
//
// The rule of conditional_samples was chosen on the laws of `rule`; those of `apart` were set aside before, and seen when it was chosen anew. Those of `later`
// were run when that was done; the test of the Langevin steps was changed once more after them.
#include "command_line.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/conditional.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/random.hpp>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

constexpr Index draws = 500;

/// A law whose given columns come first, and its conditional laws.
struct Law {
  const char* name;
  int dimension, given;
  std::vector<double> values;  // of the given columns, one condition after the other
  void (*joint)(const IndexedRandom&, double* x);
  /// x: on entry the given columns, on exit all; what the others are worth (draws of them are drawn again by that).
  double (*others)(const IndexedRandom&, double* x);
};

double gauss(double x, double mean, double deviation) { return std::exp(-std::pow((x - mean) / deviation, 2) / 2); }

/// exp(-(x^2 - 1)^2), by rejection.
double double_well(const IndexedRandom& r, std::uint64_t number) {
  for (;; number += 2) {
    const double x = 5 * r.uniform(number) - 2.5;
    if (r.uniform(number + 1) < std::exp(-(x * x - 1) * (x * x - 1))) return x;
  }
}

constexpr double normal_loads[4][2] = {{.8, 0}, {.5, -.5}, {0, .9}, {-.6, .3}};
constexpr double cluster_widths[] = {0.2, 0.4, 0.6, 0.8, 1.0};

const Law rule[] = {
    {"quadruple well given y",
     2,
     1,
     {0.9, -0.3, 0},
     [](const IndexedRandom& r, double* x) {
       x[0] = double_well(r, 0);
       x[1] = double_well(r, 10000);
     },
     [](const IndexedRandom& r, double* x) {
       x[1] = double_well(r, 10000);
       return 1.0;
     }},
    {"normal in six given two",
     6,
     2,
     {0, 0, 1, -0.5, -1.5, -1},
     [](const IndexedRandom& r, double* x) {
       for (std::uint64_t k = 0; k < 6; ++k) x[k] = r.normal(k);
       for (int k = 0; k < 4; ++k) x[2 + k] = normal_loads[k][0] * x[0] + normal_loads[k][1] * x[1] + 0.4 * x[2 + k] + (k > 0 ? 0.3 * x[1 + k] : 0);
     },
     [](const IndexedRandom& r, double* x) {
       for (std::uint64_t k = 2; k < 6; ++k) x[k] = r.normal(k);
       for (int k = 0; k < 4; ++k) x[2 + k] = normal_loads[k][0] * x[0] + normal_loads[k][1] * x[1] + 0.4 * x[2 + k] + (k > 0 ? 0.3 * x[1 + k] : 0);
       return 1.0;
     }},
    {"two moons given x",
     2,
     1,
     {-0.5, 0.5, 1.2},
     [](const IndexedRandom& r, double* x) {
       const double t = M_PI * r.uniform(0);
       const bool upper = r.uniform(1) < 0.5;
       x[0] = (upper ? std::cos(t) : 1 - std::cos(t)) + 0.08 * r.normal(4);
       x[1] = (upper ? std::sin(t) : 0.5 - std::sin(t)) + 0.08 * r.normal(5);
     },
     [](const IndexedRandom& r, double* x) {
       const double t = M_PI * r.uniform(0);
       const bool upper = r.uniform(1) < 0.5;
       x[1] = (upper ? std::sin(t) : 0.5 - std::sin(t)) + 0.08 * r.normal(5);
       return gauss(x[0], upper ? std::cos(t) : 1 - std::cos(t), 0.08);
     }},
    {"banana given its length",
     3,
     1,
     {-1.2, 0.2, 1},
     [](const IndexedRandom& r, double* x) {
       x[0] = r.normal(0);
       x[1] = x[0] * x[0] + 0.2 * r.normal(2);
       x[2] = 0.5 * x[1] - x[0] + 0.2 * r.normal(4);
     },
     [](const IndexedRandom& r, double* x) {
       x[1] = x[0] * x[0] + 0.2 * r.normal(2);
       x[2] = 0.5 * x[1] - x[0] + 0.2 * r.normal(4);
       return 1.0;
     }},
    {"clusters in ten given one",
     10,
     1,
     {0, 1, 2.5},
     [](const IndexedRandom& r, double* x) {
       const auto which = static_cast<int>(5 * r.uniform(0));
       for (int k = 0; k < 10; ++k) x[k] = (k % 5 == which ? 3.0 : 0.0) + cluster_widths[which] * r.normal(static_cast<std::uint64_t>(4 + k));
     },
     [](const IndexedRandom& r, double* x) {
       const auto which = static_cast<int>(5 * r.uniform(0));
       for (int k = 1; k < 10; ++k) x[k] = (k % 5 == which ? 3.0 : 0.0) + cluster_widths[which] * r.normal(static_cast<std::uint64_t>(4 + k));
       return gauss(x[0], which == 0 ? 3 : 0, cluster_widths[which]) / cluster_widths[which];
     }},
    {"two rings given x",
     2,
     1,
     {0, 0.9, -1.6},
     [](const IndexedRandom& r, double* x) {
       const double t = 2 * M_PI * r.uniform(0), radius = r.uniform(1) < 0.5 ? 1 : 2;
       x[0] = radius * std::cos(t) + 0.08 * r.normal(4);
       x[1] = radius * std::sin(t) + 0.08 * r.normal(5);
     },
     [](const IndexedRandom& r, double* x) {
       const double t = 2 * M_PI * r.uniform(0), radius = r.uniform(1) < 0.5 ? 1 : 2;
       x[1] = radius * std::sin(t) + 0.08 * r.normal(5);
       return gauss(x[0], radius * std::cos(t), 0.08);
     }},
};

const Law apart[] = {
    {"swiss roll given one side",
     3,
     1,
     {-1.5, 0.5, 2},
     [](const IndexedRandom& r, double* x) {
       const double t = 1.5 * M_PI * (1 + 2 * r.uniform(0));
       x[0] = 0.2 * t * std::cos(t) + 0.05 * r.normal(4);
       x[1] = 4 * r.uniform(1);
       x[2] = 0.2 * t * std::sin(t) + 0.05 * r.normal(5);
     },
     [](const IndexedRandom& r, double* x) {
       const double t = 1.5 * M_PI * (1 + 2 * r.uniform(0));
       x[1] = 4 * r.uniform(1);
       x[2] = 0.2 * t * std::sin(t) + 0.05 * r.normal(5);
       return gauss(x[0], 0.2 * t * std::cos(t), 0.05);
     }},
    {"a wave of growing, skewed noise",
     2,
     1,
     {-1.5, 0.3, 1.7},
     [](const IndexedRandom& r, double* x) {
       x[0] = 4 * r.uniform(0) - 2;
       x[1] = std::sin(2 * x[0]) - 0.3 * std::exp(x[0] / 2) * std::log(r.uniform(2));
     },
     [](const IndexedRandom& r, double* x) {
       x[1] = std::sin(2 * x[0]) - 0.3 * std::exp(x[0] / 2) * std::log(r.uniform(2));
       return 1.0;
     }},
    {"Student (4) in four given two",
     4,
     2,
     {0, 0, 1, -1, 2, 1},
     [](const IndexedRandom& r, double* x) {
       double chi = 0;
       for (std::uint64_t k = 0; k < 4; ++k) chi += r.normal(20 + k) * r.normal(20 + k) / 4;
       for (std::uint64_t k = 0; k < 4; ++k) x[k] = r.normal(4 + k) / std::sqrt(chi);
     },
     [](const IndexedRandom& r, double* x) {
       double chi = 0;
       for (std::uint64_t k = 0; k < 4; ++k) chi += r.normal(20 + k) * r.normal(20 + k) / 4;
       for (std::uint64_t k = 2; k < 4; ++k) x[k] = r.normal(4 + k) / std::sqrt(chi);
       return chi * gauss(x[0], 0, 1 / std::sqrt(chi)) * gauss(x[1], 0, 1 / std::sqrt(chi));
     }},
    {"checkerboard given x",
     2,
     1,
     {0.5, 1.8, 3.1},
     [](const IndexedRandom& r, double* x) {
       const auto cell = static_cast<int>(8 * r.uniform(0));
       x[0] = cell / 2 + r.uniform(1);
       x[1] = 2 * (cell % 2) + (cell / 2) % 2 + r.uniform(2);
     },
     [](const IndexedRandom& r, double* x) {
       x[1] = 2 * (r.uniform(0) < 0.5 ? 0 : 1) + static_cast<int>(x[0]) % 2 + r.uniform(2);
       return 1.0;
     }},
    {"a bent tube in six given two",
     6,
     2,
     {0, 0, 1, 0.5, -1, 1},
     [](const IndexedRandom& r, double* x) {
       for (std::uint64_t k = 0; k < 6; ++k) x[k] = r.normal(k);
       x[2] = x[0] * x[1] + 0.3 * x[2];
       x[3] = std::cos(2 * x[0]) + 0.3 * x[3];
       x[4] = 0.5 * (x[2] + x[3]) + 0.3 * x[4];
     },
     [](const IndexedRandom& r, double* x) {
       for (std::uint64_t k = 2; k < 6; ++k) x[k] = r.normal(k);
       x[2] = x[0] * x[1] + 0.3 * x[2];
       x[3] = std::cos(2 * x[0]) + 0.3 * x[3];
       x[4] = 0.5 * (x[2] + x[3]) + 0.3 * x[4];
       return 1.0;
     }},
};

const Law later[] = {
    {"two of three gammas given their sum",
     3,
     1,
     {2, 6, 12},
     [](const IndexedRandom& r, double* x) {
       double gamma[3];
       for (std::uint64_t k = 0; k < 3; ++k) gamma[k] = -std::log(r.uniform(2 * k)) - std::log(r.uniform(2 * k + 1));
       x[0] = gamma[0] + gamma[1] + gamma[2];
       x[1] = gamma[0];
       x[2] = gamma[1];
     },
     [](const IndexedRandom& r, double* x) {
       double gamma[3];
       for (std::uint64_t k = 0; k < 3; ++k) gamma[k] = -std::log(r.uniform(2 * k)) - std::log(r.uniform(2 * k + 1));
       const double sum = gamma[0] + gamma[1] + gamma[2];  // the shares of it do not know it
       x[1] = x[0] * gamma[0] / sum;
       x[2] = x[0] * gamma[1] / sum;
       return 1.0;
     }},
    {"two helices given the height",
     3,
     1,
     {0.5, 2, 3.8},
     [](const IndexedRandom& r, double* x) {
       const double t = 4 * M_PI * r.uniform(0), radius = r.uniform(1) < 0.5 ? 1 : 1.6;
       x[0] = t / M_PI + 0.1 * r.normal(4);
       x[1] = radius * std::cos(t) + 0.1 * r.normal(5);
       x[2] = radius * std::sin(t) + 0.1 * r.normal(6);
     },
     [](const IndexedRandom& r, double* x) {
       const double t = 4 * M_PI * r.uniform(0), radius = r.uniform(1) < 0.5 ? 1 : 1.6;
       x[1] = radius * std::cos(t) + 0.1 * r.normal(5);
       x[2] = radius * std::sin(t) + 0.1 * r.normal(6);
       return gauss(x[0], t / M_PI, 0.1);
     }},
};

/// The free columns of n rows from `first` on.
HostPoints free_columns(const Law& law, const HostPoints& x, Index first, Index n) {
  const HostPoints result("free", n, law.dimension - law.given);
  for (Index i = 0; i < n; ++i)
    for (int k = law.given; k < law.dimension; ++k) result(i, k - law.given) = x(first + i, k);
  return result;
}

/// n draws of the conditional law: of 40 n proposals by what they are worth.
HostPoints exact(const Law& law, const double* given, Index n, std::uint64_t seed) {
  const Index proposals = 40 * n;
  const HostPoints all("all", proposals, law.dimension);
  std::vector<double> sums, x(static_cast<std::size_t>(law.dimension));
  for (Index i = 0; i < proposals; ++i) {
    std::copy(given, given + law.given, x.begin());
    const double worth = law.others(IndexedRandom(seed, static_cast<std::uint64_t>(i)), x.data());
    sums.push_back((sums.empty() ? 0 : sums.back()) + worth);
    for (int k = 0; k < law.dimension; ++k) all(i, k) = x[static_cast<std::size_t>(k)];
  }
  const HostPoints chosen("chosen", n, law.dimension);
  for (Index j = 0; j < n; ++j) {
    const double at = sums.back() * IndexedRandom(seed + 1, static_cast<std::uint64_t>(j)).uniform(0);
    const Index i = std::min(std::upper_bound(sums.begin(), sums.end(), at) - sums.begin(), static_cast<std::ptrdiff_t>(proposals - 1));
    for (int k = 0; k < law.dimension; ++k) chosen(j, k) = all(i, k);
  }
  return free_columns(law, chosen, 0, n);
}

void measure(const Law& law, int seeds) {
  const Exec exec;
  const Index conditions = static_cast<Index>(law.values.size()) / law.given;
  std::vector<Index> given;
  for (Index k = 0; k < law.given; ++k) given.push_back(k);
  const HostPoints values("values", conditions, law.given);
  for (Index c = 0; c < conditions; ++c)
    for (Index k = 0; k < law.given; ++k) values(c, k) = law.values[static_cast<std::size_t>(c * law.given + k)];
  std::vector<SlicedWasserstein<Exec>> truth;
  std::vector<double> floor;
  for (Index c = 0; c < conditions; ++c) {
    const double* at = law.values.data() + c * law.given;
    truth.emplace_back(exec, Points<Exec>(to_device(exec, exact(law, at, 10000, 12345))));
    floor.push_back(0);
    for (std::uint64_t s = 0; s < 6; ++s) floor.back() += truth.back()(exec, Points<Exec>(to_device(exec, exact(law, at, draws, 777 + 2 * s)))) / 6;
  }
  for (const Index n : {Index{2000}, Index{8000}}) {
    std::vector<double> ratio(static_cast<std::size_t>(conditions), 0.0), effective = ratio, of_mixture = ratio;
    double all = 0, worst = 0, seconds = 0;
    std::vector<int> steps;
    for (int seed = 0; seed < seeds; ++seed) {
      const HostPoints data("data", n, law.dimension);
      std::vector<double> x(static_cast<std::size_t>(law.dimension));
      for (Index i = 0; i < n; ++i) {
        law.joint(IndexedRandom(100 + static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(i)), x.data());
        for (int k = 0; k < law.dimension; ++k) data(i, k) = x[static_cast<std::size_t>(k)];
      }
      FitOptions<Exec> fit;
      fit.modes = fit.read_out_modes = 4;
      fit.seed = static_cast<std::uint64_t>(seed);
      const ModelData model = fit_generator(exec, Points<Exec>(to_device(exec, data)), fit);
      ConditionalReport report;
      const std::clock_t start = std::clock();
      const HostPoints found =
          host_copy(exec, conditional_samples(exec, Model<Exec>(exec, model), {given, values}, draws, {.seed = static_cast<std::uint64_t>(seed)}, &report));
      seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / seeds;
      steps.push_back(report.steps);
      for (std::size_t c = 0; c < ratio.size(); ++c) {
        const HostPoints here = free_columns(law, found, static_cast<Index>(c) * draws, draws);
        const double one = truth[c](exec, Points<Exec>(to_device(exec, here))) / floor[c];
        ratio[c] += one / seeds;
        effective[c] += report.effective[c] / seeds;
        of_mixture[c] += report.of_mixture[c] / seeds;
        worst = std::max(worst, one);
        all += one / seeds / static_cast<double>(conditions);
      }
    }
    std::printf("%-34s n %5d  W2 over that of %d exact draws %.2f (", law.name, static_cast<int>(n), static_cast<int>(draws), all);
    for (std::size_t c = 0; c < ratio.size(); ++c) std::printf("%s%.2f", c ? ", " : "", ratio[c]);
    std::printf("; worst %.2f)  worth", worst);
    for (const double value : effective) std::printf(" %.0f", value);
    std::printf("  of the mixture");
    for (const double value : of_mixture) std::printf(" %.2f", value);
    std::printf("  steps");
    for (const int value : steps) std::printf(" %d", value);
    std::printf("  %.1f s CPU\n", seconds);
    std::fflush(stdout);
  }
}

void of_the_rule(int seeds) {
  for (const Law& law : rule) measure(law, seeds);
}

void set_apart(int seeds) {
  for (const Law& law : apart) measure(law, seeds);
}

void not_seen(int seeds) {
  for (const Law& law : later) measure(law, seeds);
}

}  // namespace

int main(int argc, char** argv) { kswgd::perf::run_problems(argc, argv, 4, {{"rule", of_the_rule}, {"apart", set_apart}, {"later", not_seen}}); }
