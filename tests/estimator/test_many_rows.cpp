// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/thread_ranks.hpp"
#include "support/views.hpp"

#include "../../src/estimator/representative_rows.hpp"
#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>

#include <algorithm>
#include <cstring>
#include <string>

// Levels of more landmarks than the read-out looks at have their means from all rows and their second moments from some.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

constexpr Index n = 6000, landmarks = 450;

/// 3 rows for each of some 1200 features: fewer than one would take, so that they are some of 6000.
FitOptions<Exec> some_rows(double rows_per_feature = 3) {
  FitOptions<Exec> options;
  options.features = landmarks;
  options.modes = 6;
  options.hold_out = 0;
  options.rows_per_feature = rows_per_feature;
  return options;
}

/// Over how many rows the second moments are averages, as the model notes it; 0: over all.
Index moment_rows(const ModelData& model) {
  const std::string before = " features are averages over ";
  for (const std::string& note : model.provenance.notes)
    if (const auto at = note.find(before); at != std::string::npos) return std::stoll(note.substr(at + before.size()));
  return 0;
}

/// The weighted means of all features by a plain loop over all points.
std::vector<double> slow_means(const ModelData& model, const HostPoints& points, const std::vector<double>& weights) {
  const auto& dictionary = std::get<GaussianDictionaryData>(model.dictionary);
  const Frame<Exec> frame(Exec{}, model.frame);
  const auto entered = allocate<Points<Exec>>(Exec{}, "test::inside", points.extent(0), points.extent(1));
  frame.enter(Exec{}, rows(points), to_device(Exec{}, points), entered);
  const HostPoints inside = on_host(entered);
  std::vector<double> sums, psi;
  std::vector<std::vector<double>> gradient;
  double total = 0;
  for (std::size_t i = 0; i < inside.extent(0); ++i) {
    const double w = weights.empty() ? 1 : weights[i];
    std::vector<double> x;
    for (std::size_t k = 0; k < inside.extent(1); ++k) x.push_back(inside(i, k));
    slow_features(dictionary, x.data(), psi, gradient);
    sums.resize(psi.size());
    for (std::size_t a = 0; a < psi.size(); ++a) sums[a] += w * psi[a];
    total += w;
  }
  for (double& sum : sums) sum /= total;
  return sums;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), 8 * a.size()) == 0;
}

TEST(ManyRows, MeansReadOutAndLogDensityAreThoseOfAll) {
  const HostPoints points = draw_exact("quadruple-well", n, 0, 3);
  const ModelData all = fit_generator(Exec{}, to_device(Exec{}, points), some_rows(0));
  FitOptions<Exec> options = some_rows();
  std::vector<double> told;
  options.progress = [&](const std::string& stage, double done) {
    if (stage == "moments") told.push_back(done);
  };
  const ModelData some = fit_generator(Exec{}, to_device(Exec{}, points), options);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(std::adjacent_find(told.begin(), told.end()), told.end());  // each tile is a part of the work
  ASSERT_GT(told.size(), 5u);
  EXPECT_EQ(told.front(), 0);
  EXPECT_NEAR(told.back(), 1, 1e-12);
  const Index p = all.density.moments.size();
  EXPECT_EQ(moment_rows(all), 0);
  EXPECT_EQ(moment_rows(some), 3 * p);
  EXPECT_EQ(some.density.moments.weight, n);
  const std::vector<double> means = slow_means(some, points, {});
  ASSERT_EQ(static_cast<Index>(means.size()), p);
  for (Index a = 0; a < p; ++a) {
    EXPECT_NEAR(some.density.moments.gram(a, 0), means[static_cast<std::size_t>(a)], 1e-13);
    EXPECT_EQ(some.density.moments.gram(0, a), some.density.moments.gram(a, 0));
  }
  EXPECT_TRUE(same_bits(some.spectrum.read_out.cross_fitted, all.spectrum.read_out.cross_fitted));
  for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(some.spectrum.read_out.values[k] / all.spectrum.read_out.values[k], 1, 1e-5);  // it starts elsewhere
  EXPECT_TRUE(same_bits(some.log_density.coefficients, all.log_density.coefficients));
  // Pairs are those of all rows over the read-out's features: normalised by their G, and orthogonal to the constant.
  for (Index k = 1; k < some.spectrum.pairs.size(); ++k) {
    double mean = 0;
    for (Index a = 0; a < p; ++a) mean += some.density.moments.gram(a, 0) * some.spectrum.pairs.vectors(a, k);
    EXPECT_NEAR(mean, 0, 1e-9);
    EXPECT_GE(some.spectrum.pairs.values(k), all.spectrum.pairs.values(k) * (1 - 1e-9));  // of the same rows: min-max over fewer features
    EXPECT_LT(some.spectrum.pairs.values(k), 1.5 * all.spectrum.pairs.values(k));
  }
}

TEST(ManyRows, SecondMomentsAreThoseOfSomeWithinTheirError) {
  const HostPoints points = draw_exact("quadruple-well", n, 0, 4);
  const ModelData all = fit_generator(Exec{}, to_device(Exec{}, points), some_rows(0)), some = fit_generator(Exec{}, to_device(Exec{}, points), some_rows());
  const Index p = all.density.moments.size();
  const auto m = static_cast<double>(moment_rows(some));
  // Products of Gaussians lie in [0, 1], so their variance is at most their mean; without replacement (1 - m / n) of it is left.
  double differences = 0, bound = 0;
  for (Index a = p - landmarks; a < p; ++a)
    for (Index b = a; b < p; ++b) {
      const double mean = all.density.moments.gram(a, b), difference = some.density.moments.gram(a, b) - mean;
      differences += difference * difference;
      bound += mean / m * (1 - m / static_cast<double>(n));
    }
  EXPECT_LT(differences, 1.5 * bound);
  EXPECT_GT(differences, 0);
  // A covariance: with a trace of rounding on the diagonal it has a factor.
  const HostMatrix gram("gram", p, p);
  Kokkos::deep_copy(gram, some.density.moments.gram);
  for (Index a = 0; a < p; ++a) gram(a, a) *= 1 + 1e-10;
  EXPECT_NO_THROW(algebra::cholesky(Kokkos::DefaultHostExecutionSpace{}, gram));
}

TEST(ManyRows, OfWideFeaturesHalfAsManyRowsAreTaken) {
  const HostPoints points = cloud(n, {0, 0, 0, 0, 0, 0, 0, 0}, 1, 4);
  const ModelData all = fit_generator(Exec{}, to_device(Exec{}, points), some_rows(0)), some = fit_generator(Exec{}, to_device(Exec{}, points), some_rows(6));
  const Index p = all.density.moments.size();
  EXPECT_GE(some.density.levels.back().width, 1);
  EXPECT_EQ(moment_rows(some), 3 * p);
  const std::vector<double> means = slow_means(some, points, {});
  for (Index a = 0; a < p; ++a) EXPECT_NEAR(some.density.moments.gram(a, 0), means[static_cast<std::size_t>(a)], 1e-12);
  // Products of Gaussians lie in [0, 1], so their variance is at most their mean; without replacement (1 - m / n) of it is left.
  double differences = 0, bound = 0;
  for (Index a = p - landmarks; a < p; ++a)
    for (Index b = a; b < p; ++b) {
      const double mean = all.density.moments.gram(a, b), difference = some.density.moments.gram(a, b) - mean;
      differences += difference * difference;
      bound += mean / static_cast<double>(3 * p) * (1 - static_cast<double>(3 * p) / static_cast<double>(n));
    }
  EXPECT_LT(differences, 1.5 * bound);
  // The flow of fresh particles ends where the means of the data are, by either preconditioner in about as many evaluations.
  const auto evaluations = [](const ModelData& model) {
    const Points<Exec> particles = to_device(Exec{}, normal_start(model, 2000, 1));
    const FlowReport report = Flow<Exec>(Exec{}, Model<Exec>(Exec{}, model)).run(particles);
    EXPECT_EQ(report.state.level_reasons.back(), "chi2");
    return report.state.evaluations;
  };
  EXPECT_LT(static_cast<double>(evaluations(some)), 1.3 * static_cast<double>(evaluations(all)));
}

TEST(ManyRows, WeightsCountInTheMeansAndInTheDraw) {
  const HostPoints points = draw_exact("quadruple-well", n, 0, 5);
  std::vector<double> weights;
  for (Index i = 0; i < n; ++i) weights.push_back(points(i, 0) > 0 ? 1.5 : 0.5);
  auto data = make_source(Exec{}, to_device(Exec{}, points));
  data.set_weights(weights);
  const ModelData model = fit_generator(Exec{}, data, some_rows(2));
  const auto p = static_cast<double>(model.density.moments.size());
  EXPECT_NEAR(static_cast<double>(moment_rows(model)), 2 * p, 1);
  const std::vector<double> means = slow_means(model, points, weights);
  for (std::size_t a = 0; a < means.size(); ++a) EXPECT_NEAR(model.density.moments.gram(static_cast<Index>(a), 0), means[a], 1e-13);
  EXPECT_NEAR(model.density.moments.weight, effective_samples(weights), 1e-9 * n);
}

TEST(ManyRows, RowsAreDrawnByWeightAndSpreadOverTheData) {
  const HostPoints points("points", 3000, 1);
  auto data = make_source(Exec{}, to_device(Exec{}, points));
  std::vector<Index> rows = detail::rows_worth(data, 300, 7);
  ASSERT_EQ(rows.size(), 300U);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i] / 10, static_cast<Index>(i));  // one of each stretch of ten
  EXPECT_TRUE(detail::rows_worth(data, 2000, 7).empty());                                        // two thirds: not worth it
  EXPECT_TRUE(detail::rows_worth(data, 0, 7).empty());
  std::vector<double> weights(3000, 1.0);
  for (std::size_t i = 0; i < 1000; ++i) weights[i] = 4;
  data.set_weights(weights);
  rows = detail::rows_worth(data, 300, 7);
  EXPECT_NEAR(static_cast<double>(rows.size()), 300, 1);
  const auto heavy = std::count_if(rows.begin(), rows.end(), [](Index row) { return row < 1000; });
  EXPECT_NEAR(static_cast<double>(heavy), 200, 1);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_TRUE(detail::rows_worth(data, data.effective_size(), 7).empty());  // the data know no more than what is wanted
}

// A few rows that weigh as much as a hundred others come several times in a draw, which then knows less than its number of rows. Its error is measured: of the
// mean of random signs, one for each row.
TEST(ManyRows, HeavyRowsAreMadeUpFor) {
  constexpr Index count = 3000;
  constexpr double wanted = 100;
  const HostPoints points("points", count, 1);
  auto data = make_source(Exec{}, to_device(Exec{}, points));
  std::vector<double> weights(count, 1.0);
  for (std::size_t i = 0; i < count; i += 300) weights[i] = 100;
  data.set_weights(weights);
  double square = 0, least = count;
  constexpr int draws = 200;
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    const IndexedRandom random(seed, 99);
    const auto sign = [&](Index row) { return random.uniform(static_cast<std::uint64_t>(row)) < 0.5 ? -1.0 : 1.0; };
    double all = 0, drawn = 0;
    for (Index row = 0; row < count; ++row) all += data.weight(row) * sign(row) / data.total_weight();
    const std::vector<Index> rows = detail::rows_worth(data, wanted, seed);
    for (const Index row : rows) drawn += sign(row) / static_cast<double>(rows.size());
    square += (drawn - all) * (drawn - all) / draws;
    least = std::min(least, static_cast<double>(rows.size()));
  }
  EXPECT_GT(least, 1.5 * wanted);
  EXPECT_NEAR(wanted * (square + 1 / data.effective_size()), 1, 0.25);
}

TEST(ManyRows, NothingIsLeftOutWhereTheReadOutHasAllFeatures) {
  const HostPoints points = draw_exact("quadruple-well", 2000, 0, 6);
  FitOptions<Exec> options;
  options.features = 60;
  options.rows_per_feature = 1;
  EXPECT_EQ(moment_rows(fit_generator(Exec{}, to_device(Exec{}, points), options)), 0);
  options.read_out_modes = 0;  // no folds, and yet all levels are the read-out's
  EXPECT_EQ(moment_rows(fit_generator(Exec{}, to_device(Exec{}, points), options)), 0);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] {
                         options.rows_per_feature = -1;
                         fit_generator(Exec{}, to_device(Exec{}, points), options);
                       }),
                       "rows_per_feature must be 0 (all) or a finite positive number"));
}

TEST(ManyRows, WithoutAReadOutAndForPairsTheMeansAreThoseOfAllToo) {
  const HostPoints points = draw_exact("quadruple-well", n, 0, 7);
  FitOptions<Exec> options = some_rows();
  options.modes = options.read_out_modes = 0;
  const ModelData bare = fit_generator(Exec{}, to_device(Exec{}, points), options);
  options.modes = 3;
  options.read_out_modes = 2;
  const ModelData pairs = fit_edmd(Exec{}, make_source(Exec{}, to_device(Exec{}, points)), 1, options);
  for (const ModelData* model : {&bare, &pairs}) {
    EXPECT_EQ(moment_rows(*model), 3 * model->density.moments.size());
    const std::vector<double> means = slow_means(*model, points, {});
    for (std::size_t a = 0; a < means.size(); ++a) EXPECT_NEAR(model->density.moments.gram(static_cast<Index>(a), 0), means[a], 1e-13);
  }
}

TEST(ManyRows, TheFlowEndsWhereItsParticlesHaveTheMeansOfAll) {
  const HostPoints points = draw_exact("quadruple-well", n, 0, 8);
  const ModelData data = fit_generator(Exec{}, to_device(Exec{}, points), some_rows());
  const Model<Exec> model(Exec{}, data);
  const HostPoints start = normal_start(data, 1000, 1);
  const auto particles = to_device(Exec{}, start);
  const FlowReport report = Flow<Exec>(Exec{}, model).run(particles);
  EXPECT_LT(report.monitors.chi2_ratio, 4);  // three rows for each feature are few, and where it ends does not depend on them
  const std::vector<double> means = slow_means(data, points, {}), reached = slow_means(data, on_host(particles), {});
  for (std::size_t a = 0; a < means.size(); ++a) EXPECT_NEAR(reached[a], means[a], 0.02 * std::max(1.0, std::abs(means[a])));
}

/// Of points on three ranks, one of which has none.
void expect_the_fit_of_one_rank(const HostPoints& points) {
  using Own = Kokkos::Serial;  // ranks are threads here
  const Index d = columns(points);
  for (Index k = 0; k < d; ++k) points(5500, k) = points(10, k);  // weights come in
  FitOptions<Own> options;
  options.features = landmarks;
  options.modes = 4;
  options.rows_per_feature = 2;
  const ModelData expected = fit_generator(Own{}, points, options);
  ASSERT_GT(moment_rows(expected), 0);
  const auto thrown = on_ranks(3, [&](const Reduction& ranks) {
    const Own own;
    const std::vector<Index> begins{0, n / 7, n / 7, n};  // the second has no row
    const auto rank = static_cast<std::size_t>(ranks.rank());
    const HostPoints here("here", begins[rank + 1] - begins[rank], d);
    Kokkos::deep_copy(here, Kokkos::subview(points, Span(begins[rank], begins[rank + 1]), Kokkos::ALL));
    const ModelData model = fit_generator(own, make_source(own, here, ranks), options);
    EXPECT_EQ(moment_rows(model), moment_rows(expected));
    double gram = 0, dirichlet = 0;
    for (Index a = 0; a < expected.density.moments.size(); ++a)
      for (Index b = 0; b < expected.density.moments.size(); ++b) {
        gram = std::max(gram, std::abs(model.density.moments.gram(a, b) - expected.density.moments.gram(a, b)));
        dirichlet = std::max(dirichlet, std::abs(model.density.moments.dirichlet(a, b) - expected.density.moments.dirichlet(a, b)));
      }
    EXPECT_LT(gram, 1e-10);
    EXPECT_LT(dirichlet, 1e-8);
    for (Index k = 0; k < expected.spectrum.pairs.size(); ++k)
      EXPECT_NEAR(model.spectrum.pairs.values(k), expected.spectrum.pairs.values(k), 1e-8 * (1 + expected.spectrum.pairs.values(k)));
  });
  for (const auto& error : thrown)
    if (error) std::rethrow_exception(error);
}

TEST(ManyRows, RowsOfSeveralRanksAreThoseOfOne) { expect_the_fit_of_one_rank(draw_exact("quadruple-well", n, 0, 9)); }

// Products in single precision are rounded as those of one rank.
TEST(ManyRows, RowsOfSeveralRanksAreThoseOfOneWhereFeaturesAreWide) { expect_the_fit_of_one_rank(cloud(n, {0, 0, 0, 0, 0, 0, 0, 0}, 1, 4)); }

}  // namespace
