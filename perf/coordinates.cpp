// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whether `--coordinates auto` chooses well: fits in the given, in standardised columns, and in normal scores, beside what it takes, and beside what small fits
// to one half of the rows would choose, compared on the other half.
// usage: kswgd_coordinates [laws|doubtful]... [--seeds N]
//
// W2 is sliced W2 in standardised columns to 20,000 fresh points of the law, over that of as many exact draws. The laws of `doubtful` lie near the limits of
// the rule: widths that differ by 4 to 7, skew and tails about those from which columns are mapped.
#include "command_line.hpp"
#include "laws.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/metrics/columns.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/metrics/two_sample.hpp>
#include <kswgd/model/marginals.hpp>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

constexpr Index rows_fitted = 1000, samples = 2000;
constexpr Coordinates choices[] = {Coordinates::given, Coordinates::standard, Coordinates::normal};

const perf::Law doubtful[] = {
    {"gamma (2), bound", 3,
     [](const IndexedRandom& r, double* x) {
       const double common = -std::log(r.uniform(20));
       for (std::uint64_t k = 0; k < 3; ++k) x[k] = common - std::log(r.uniform(k));
     }},
    {"lognormal of deviation .7, on a line", 3,
     [](const IndexedRandom& r, double* x) {
       x[0] = std::exp(0.7 * r.normal(0));
       x[1] = x[0] + 0.3 * r.normal(2);
       x[2] = r.normal(4) * std::sqrt(x[0]);
     }},
    {"lognormal of deviation .9, curved", 2,
     [](const IndexedRandom& r, double* x) {
       const double z = r.normal(0);
       x[0] = std::exp(0.9 * z);
       x[1] = z * z - z + 0.3 * r.normal(2);
     }},
    {"Student (3), curved", 2,
     [](const IndexedRandom& r, double* x) {
       double chi = 0;
       for (std::uint64_t k = 0; k < 3; ++k) chi += r.normal(20 + k) * r.normal(20 + k) / 3;
       x[0] = r.normal(4) / std::sqrt(chi);
       x[1] = std::sin(x[0]) + 0.3 * r.normal(5);
     }},
    {"two clusters and an exponential", 3,
     [](const IndexedRandom& r, double* x) {
       const bool upper = r.uniform(0) < 0.4;
       x[0] = (upper ? 2 : -2) + 0.5 * r.normal(4);
       x[1] = -std::log(r.uniform(1)) * (upper ? 2 : 1);
       x[2] = (upper ? 1 : -1) * x[1] + 0.5 * r.normal(5);
     }},
    {"moons, one side four times as long", 2,
     [](const IndexedRandom& r, double* x) {
       perf::shapes[0].one(r, x);
       x[0] *= 4;
     }},
    {"moons, one side seven times as long", 2,
     [](const IndexedRandom& r, double* x) {
       perf::shapes[0].one(r, x);
       x[0] *= 7;
     }},
    {"swiss roll, its side a fourth", 3,
     [](const IndexedRandom& r, double* x) {
       perf::shapes[4].one(r, x);
       x[1] /= 4;
     }},
    {"clusters in five, widths to six", 5,
     [](const IndexedRandom& r, double* x) {
       perf::shapes[5].one(r, x);
       x[0] *= 6;
       x[3] *= 3;
     }},
    {"a ring, skewed along one side", 2,
     [](const IndexedRandom& r, double* x) {
       const double t = 2 * M_PI * r.uniform(0);
       x[0] = std::exp(std::cos(t) + 0.1 * r.normal(4));
       x[1] = std::sin(t) + 0.1 * r.normal(5);
     }},
};

HostPoints fit_and_sample(const HostPoints& data, Coordinates coordinates, std::uint64_t seed, bool* mapped = nullptr) {
  const Exec exec;
  FitOptions<Exec> options;
  options.coordinates = coordinates;
  options.seed = seed;
  options.modes = options.read_out_modes = 0;
  const ModelData model = fit_generator(exec, Points<Exec>(to_device(exec, data)), options);
  const Points<Exec> particles = to_device(exec, automatic_start(model, samples, seed));
  Flow<Exec>(exec, Model<Exec>(exec, model)).run(particles);
  const HostPoints host = host_copy(exec, particles);
  if (model.frame.is_mapped()) match_marginals(model, host);
  if (mapped) *mapped = model.frame.is_mapped();
  return host;
}

HostPoints part_of(const HostPoints& points, Index first, Index step) {
  const HostPoints result("part", (points.extent(0) - static_cast<std::size_t>(first) + static_cast<std::size_t>(step) - 1) / static_cast<std::size_t>(step),
                          points.extent(1));
  for (std::size_t i = 0; i < result.extent(0); ++i)
    for (std::size_t k = 0; k < result.extent(1); ++k) result(i, k) = points(static_cast<std::size_t>(first) + i * static_cast<std::size_t>(step), k);
  return result;
}

/// Sliced W2 in columns standardised by the reference.
class Distance {
 public:
  explicit Distance(const HostPoints& reference)
      : m_columns(m_exec, Points<Exec>(to_device(m_exec, reference))), m_sliced(m_exec, m_columns(m_exec, to_device(m_exec, reference), reach)) {}
  double operator()(const HostPoints& points) const { return m_sliced(m_exec, m_columns(m_exec, to_device(m_exec, points), reach)); }

 private:
  static constexpr double reach = 20;
  Exec m_exec;
  StandardColumns<Exec> m_columns;
  SlicedWasserstein<Exec> m_sliced;
};

struct Sums {
  double automatic = 0, each[3] = {0, 0, 0}, best = 0, compared = 0;
  int laws = 0;
};

void measure(const perf::Law& law, int seeds, Sums& sums) {
  const Distance truth(perf::draw(law, 20000, 9));
  const Exec exec;
  const auto unseen = to_device(exec, perf::draw(law, 4000, 10));
  double floor = 0;
  for (std::uint64_t s = 0; s < 4; ++s) floor += truth(perf::draw(law, samples, 11 + s)) / 4;
  double each[3] = {0, 0, 0}, automatic = 0, best = 0, compared = 0, told[3] = {0, 0, 0}, told_automatic = 0;
  bool mapped = false;
  int chosen[3] = {0, 0, 0};
  for (int seed = 0; seed < seeds; ++seed) {
    const auto s = static_cast<std::uint64_t>(seed);
    const HostPoints data = perf::draw(law, rows_fitted, 1000 + s), half = part_of(data, 0, 2), other = part_of(data, 1, 2);
    const Distance held_out(other);
    double values[3], scores[3];
    for (int c = 0; c < 3; ++c) {
      const HostPoints points = fit_and_sample(data, choices[c], s);
      values[c] = truth(points) / floor;
      told[c] += two_sample_test<Exec>(exec, to_device(exec, points), unseen, Reference::unseen).classifier / seeds;
      scores[c] = held_out(fit_and_sample(half, choices[c], s));
      each[c] += std::log(values[c]) / seeds;
    }
    const HostPoints points = fit_and_sample(data, Coordinates::automatic, s, &mapped);
    automatic += std::log(truth(points) / floor) / seeds;
    told_automatic += two_sample_test<Exec>(exec, to_device(exec, points), unseen, Reference::unseen).classifier / seeds;
    best += std::log(*std::min_element(values, values + 3)) / seeds;
    const auto winner = std::min_element(scores, scores + 3) - scores;
    ++chosen[winner];
    compared += std::log(values[winner]) / seeds;
  }
  std::printf("%-36s auto (%s) %.2f  given %.2f  standard %.2f  normal %.2f  best %.2f  compared %.2f (%d %d %d)  told: %.3f  %.3f %.3f %.3f\n", law.name,
              mapped ? "mapped" : "as given", std::exp(automatic), std::exp(each[0]), std::exp(each[1]), std::exp(each[2]), std::exp(best), std::exp(compared),
              chosen[0], chosen[1], chosen[2], told_automatic, told[0], told[1], told[2]);
  std::fflush(stdout);
  ++sums.laws;
  sums.automatic += automatic;
  sums.best += best;
  sums.compared += compared;
  for (int c = 0; c < 3; ++c) sums.each[c] += each[c];
}

void print(const Sums& sums) {
  const auto mean = [&](double sum) { return std::exp(sum / sums.laws); };
  std::printf("geometric means of %d laws: auto %.3f  given %.3f  standard %.3f  normal %.3f  best of the three %.3f  compared %.3f\n", sums.laws,
              mean(sums.automatic), mean(sums.each[0]), mean(sums.each[1]), mean(sums.each[2]), mean(sums.best), mean(sums.compared));
}

void of_the_laws(int seeds) {
  Sums sums;
  for (const perf::Law& law : perf::shapes) measure(law, seeds, sums);
  for (const perf::Law& law : perf::tables) measure(law, seeds, sums);
  print(sums);
}

void of_the_doubtful(int seeds) {
  Sums sums;
  for (const perf::Law& law : doubtful) measure(law, seeds, sums);
  print(sums);
}

}  // namespace

int main(int argc, char** argv) { kswgd::perf::run_problems(argc, argv, 3, {{"laws", of_the_laws}, {"doubtful", of_the_doubtful}}); }
