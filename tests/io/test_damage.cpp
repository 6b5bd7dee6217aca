// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/views.hpp"
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>

#include "scratch.hpp"

namespace kswgd::io::test {
namespace {

HostVector vector_of(std::initializer_list<double> values) {
  HostVector vector("vector", values.size());
  std::copy(values.begin(), values.end(), vector.data());
  return vector;
}

HostMatrix symmetric(Index size, double first) {
  auto a = ramp(size, size, first);
  for (std::size_t i = 0; i < a.extent(0); ++i) {
    for (std::size_t j = 0; j < i; ++j) a(i, j) = a(j, i);
  }
  return a;
}

/// Nothing of it means anything; every number is another one.
ModelData some_model() {
  ModelData model;
  model.frame.normalisation = {{1.5, -2}, 0.75, {4, 1, 1, 3}, {false, true}};
  model.density.landmarks = ramp(4, 2);
  model.dictionary = GaussianDictionaryData{2, true, model.density.landmarks, vector_of({.1, .2, .3, .4})};
  model.density.levels = {{0, 1, 2.5, 3.5, 7}, {1, 4, 1.25, 1.75, 10}};
  model.density.moments = {symmetric(10, 1), symmetric(10, 5000), 123};
  model.spectrum.pairs = {vector_of({0, .5, 2}), ramp(10, 3, 7), vector_of({0, 1e-10, 2e-9}), {"lapack dense", 2, 2, 17, 2e-9}};
  model.spectrum.unit = 1.75;
  model.spectrum.read_out = {{.51, 2.1}, {.5, 2}, {.52, 2.2}, {.01, .02}, 1};
  model.training_subset = ramp(5, 2, 70);
  model.held_out = ramp(3, 2, 90);
  model.held_out_weights = {.25, 1.5, 0};
  model.spectrum.kind = SpectrumKind::edmd;
  model.spectrum.lag_time = 0.5;
  model.provenance = {1000,
                      640.5,
                      18446744073709551615U,
                      "Serial",
                      "0.1.0",
                      "abc",
                      "kswgd fit",
                      "data.h5",
                      1.5,
                      {4, 18446744073709551614U, {1, 0, 2.5, 3}, true, 7, .25},
                      {"one", "two"}};
  return model;
}

class Damage : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    write_model(path("m.h5"), some_model());
    m_bytes = content(path("m.h5"));
  }
  std::string with(std::size_t at, unsigned char flip) const {
    std::string bytes = m_bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ flip);
    return bytes;
  }
  std::string m_bytes;
};

TEST_F(Damage, ComesBack) {
  const ModelData written = some_model(), model = read_model(path("m.h5"));
  EXPECT_EQ(model.frame.normalisation.mean, written.frame.normalisation.mean);
  EXPECT_EQ(model.frame.normalisation.scale, written.frame.normalisation.scale);
  EXPECT_EQ(model.frame.normalisation.covariance, written.frame.normalisation.covariance);
  EXPECT_EQ(model.frame.normalisation.constant, written.frame.normalisation.constant);
  const auto& dictionary = std::get<GaussianDictionaryData>(model.dictionary);
  EXPECT_EQ(dictionary.dimension, 2);
  EXPECT_TRUE(dictionary.quadratics);
  expect_equal(model.density.landmarks, written.density.landmarks);
  expect_equal(dictionary.landmarks, written.density.landmarks);
  EXPECT_EQ(dictionary.widths(3), .4);
  ASSERT_EQ(model.density.levels.size(), 2U);
  EXPECT_EQ(model.density.levels[1].first_landmark, 1);
  EXPECT_EQ(model.density.levels[1].last_landmark, 4);
  EXPECT_EQ(model.density.levels[1].width, 1.25);
  EXPECT_EQ(model.density.levels[1].guard, 1.75);
  EXPECT_EQ(model.density.levels[1].features, 10);
  expect_equal(model.density.moments.gram, written.density.moments.gram);
  expect_equal(model.density.moments.dirichlet, written.density.moments.dirichlet);
  EXPECT_EQ(model.density.moments.weight, 123);
  EXPECT_EQ(model.spectrum.pairs.values(2), 2);
  expect_equal(model.spectrum.pairs.vectors, written.spectrum.pairs.vectors);
  EXPECT_EQ(model.spectrum.pairs.residuals(2), 2e-9);
  EXPECT_EQ(model.spectrum.pairs.report.solver, "lapack dense");
  EXPECT_EQ(model.spectrum.pairs.report.iterations, 17);
  EXPECT_EQ(model.spectrum.unit, 1.75);
  EXPECT_EQ(model.spectrum.read_out.values, written.spectrum.read_out.values);
  EXPECT_EQ(model.spectrum.read_out.in_sample, written.spectrum.read_out.in_sample);
  EXPECT_EQ(model.spectrum.read_out.cross_fitted, written.spectrum.read_out.cross_fitted);
  EXPECT_EQ(model.spectrum.read_out.spread, written.spectrum.read_out.spread);
  EXPECT_EQ(model.spectrum.read_out.level, 1);
  expect_equal(model.training_subset, written.training_subset);
  expect_equal(model.held_out, written.held_out);
  EXPECT_EQ(model.held_out_weights, written.held_out_weights);
  EXPECT_EQ(model.spectrum.kind, SpectrumKind::edmd);
  EXPECT_EQ(model.spectrum.lag_time, .5);
  EXPECT_EQ(model.provenance.samples, 1000);
  EXPECT_EQ(model.provenance.effective_samples, 640.5);
  EXPECT_EQ(model.provenance.rows.size, 4);
  EXPECT_EQ(model.provenance.rows.fingerprint, 18446744073709551614U);
  EXPECT_EQ(model.provenance.rows.weights, written.provenance.rows.weights);
  EXPECT_TRUE(model.provenance.rows.ordered);
  EXPECT_EQ(model.provenance.rows.stride, 7);
  EXPECT_EQ(model.provenance.rows.dt, .25);
  EXPECT_EQ(model.provenance.notes, written.provenance.notes);
  EXPECT_EQ(model.provenance.seed, 18446744073709551615U);
  EXPECT_EQ(model.provenance.command, "kswgd fit");
  EXPECT_EQ(model.provenance.data, "data.h5");
  EXPECT_TRUE(is_model(path("m.h5")));
}

TEST_F(Damage, IsHdf5ForEverybodyElse) {
  EXPECT_EQ(read_points(path("m.h5"), {.dataset = "/points/training_subset"}).points.extent(0), 5U);
  EXPECT_EQ(hdf5::File::open(path("m.h5")).read_text("/", "estimator", ""), "edmd");
}

TEST_F(Damage, MatricesArePacked) { EXPECT_EQ(read_points(path("m.h5"), {.dataset = "/moments/gram"}).points.extent(0), 55U); }

TEST_F(Damage, EveryFlippedByteIsFound) {
  for (std::size_t at = 0; at < m_bytes.size(); at += at < 600 ? 1 : 5) {
    const auto flip = static_cast<unsigned char>(at % 3 == 0 ? 0xff : 1U << (at % 8));
    write("flipped.h5", with(at, flip));
    const std::string message = refusal([&] { read_model(path("flipped.h5")); });
    ASSERT_NE(message, "") << "byte " << at;
    EXPECT_NE(message.find("flipped.h5"), std::string::npos);
    // Within the length or the version a flip looks like another file, and is refused as such.
    EXPECT_TRUE(at <= 100 || message.find("damaged") != std::string::npos) << message;
  }
}

TEST_F(Damage, EveryTruncationIsFound) {
  for (std::size_t length = 0; length < m_bytes.size(); length += length < 600 ? 1 : 61) {
    write("part.h5", m_bytes.substr(0, length));
    const std::string message = refusal([&] { read_model(path("part.h5")); });
    ASSERT_NE(message, "") << "length " << length;
    EXPECT_NE(message.find(length < 11 ? "not a model" : "truncated"), std::string::npos) << message;
  }
  EXPECT_REFUSED(read_model(write("more.h5", m_bytes + "x")), "damaged");
}

/// The hash as its description has it, written down a second time: over the version, then 64-bit words, then single bytes.
std::uint64_t hash_of(std::uint64_t format, const std::string& content) {
  std::uint64_t state = 0xcbf29ce484222325U;
  const auto mix = [&](std::uint64_t word) {
    state = (state ^ word) * 0x100000001b3U;
    state ^= state >> 29;
  };
  mix(format);
  std::size_t at = 0;
  for (; at + 8 <= content.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < 8; ++b) word |= std::uint64_t{static_cast<unsigned char>(content[at + b])} << (8 * b);
    mix(word);
  }
  for (; at < content.size(); ++at) mix(static_cast<unsigned char>(content[at]));
  return state;
}

TEST_F(Damage, OtherVersionsSaySo) {
  const std::string rest = m_bytes.substr(512);
  const auto with_format = [&](int format) {
    char block[512] = {};
    std::snprintf(block, sizeof block, "kswgd model\nformat %d\nlength %zu\nhash %016llx\n", format, rest.size(),
                  static_cast<unsigned long long>(hash_of(format, rest)));
    return std::string(block, 512) + rest;
  };
  const std::string next = std::to_string(model_format + 1), own = std::to_string(model_format);
  write("future.h5", with_format(model_format + 1));
  EXPECT_REFUSED(read_model(path("future.h5")), "future.h5", "model format " + next, "reads up to " + own, "comes from a newer one");
  EXPECT_EQ(refusal([&] { read_model(path("future.h5")); }).find("damaged"), std::string::npos);
  write("past.h5", with_format(1));
  EXPECT_REFUSED(read_model(path("past.h5")), "past.h5", "model format 1", "fit the model again");
  EXPECT_EQ(m_bytes, with_format(model_format));
  write("before.h5", with_format(oldest_model_format));
  EXPECT_EQ(read_model(path("before.h5")).provenance.samples, 1000);
}

TEST_F(Damage, OtherFilesAreNotModels) {
  write_points(path("data.h5"), ramp(5, 2), {});
  EXPECT_FALSE(is_model(path("data.h5")));
  EXPECT_REFUSED(read_model(path("data.h5")), "data.h5", "is not a model", "data file");
  EXPECT_REFUSED(read_model(path("absent.h5")), "absent.h5", "there is no file");
  EXPECT_REFUSED(read_model(m_folder.string()), "is");
  EXPECT_REFUSED(read_model(write("empty.h5", "")), "is not a model");
  EXPECT_REFUSED(read_model(write("text.h5", std::string(2000, 'x'))), "is not a model");
}

TEST_F(Damage, AModelIsNoData) { EXPECT_REFUSED(read_points(path("m.h5")), "m.h5", "no /samples and no /trajectories"); }

TEST_F(Damage, PartsThatDoNotFitAreRefused) {
  auto model = some_model();
  std::get<GaussianDictionaryData>(model.dictionary).widths = vector_of({1});
  write_model(path("bad.h5"), model);
  EXPECT_REFUSED(read_model(path("bad.h5")), "bad.h5", "/dictionary/widths must have the shape 4, but has 1");
  model = some_model();
  model.density.levels[1].last_landmark = 9;
  write_model(path("bad.h5"), model);
  EXPECT_REFUSED(read_model(path("bad.h5")), "the levels");
}

/// What no fit gives, behind a hash that is right.
TEST_F(Damage, NonsenseIsRefusedByName) {
  const kswgd::test::NonFiniteInput guard;
  const double nan = std::nan("");
  const auto refused = [&](const std::function<void(ModelData&)>& change, const std::string& what) {
    ModelData model = some_model();
    change(model);
    write_model(path("bad.h5"), model);
    EXPECT_REFUSED(read_model(path("bad.h5")), "bad.h5", what);
  };
  refused([&](ModelData& m) { m.frame.normalisation.mean[1] = nan; },
          "/normalisation/mean has nan (element 1 of 2), and every number there must be finite; fit the model again");
  refused([&](ModelData& m) { m.frame.normalisation.covariance[2] = HUGE_VAL; }, "/normalisation/covariance has inf");
  refused([&](ModelData& m) { m.frame.normalisation.covariance[3] = -1; }, "/normalisation/covariance has -1");
  refused([&](ModelData& m) { m.frame.normalisation.scale = 0; }, "the scale of /normalisation has 0, and must be positive");
  refused([&](ModelData& m) { m.density.landmarks(3, 1) = nan; }, "/levels/landmarks: row 3, column 1 (from 0) must be a finite number, got nan");
  refused([&](ModelData& m) { m.density.levels[0].width = -1; }, "/levels/width has -1");
  refused([&](ModelData& m) { m.density.levels[0].guard = nan; }, "/levels/guard has nan");
  refused([&](ModelData& m) { std::swap(m.density.levels[0], m.density.levels[1]); }, "the levels do not fit");
  refused([&](ModelData& m) { m.density.moments.gram(9, 2) = m.density.moments.gram(2, 9) = nan; }, "/moments/gram has nan");
  refused([&](ModelData& m) { m.density.moments.gram(2, 2) = -1; }, "the diagonal of /moments/gram has -1");
  refused([&](ModelData& m) { m.density.moments.dirichlet(2, 2) = -HUGE_VAL; }, "/moments/dirichlet has -inf");
  refused([&](ModelData& m) { m.density.moments.weight = 0; }, "the weight of /moments has 0");
  refused([&](ModelData& m) { m.spectrum.pairs.values(1) = nan; }, "/eigenpairs/values has nan");
  refused([&](ModelData& m) { m.spectrum.pairs.vectors(1, 1) = nan; }, "/eigenpairs/vectors has nan");
  refused([&](ModelData& m) { m.spectrum.pairs.residuals(1) = -1; }, "/eigenpairs/residuals has -1");
  refused([&](ModelData& m) { m.spectrum.unit = nan; }, "the unit of /eigenpairs has nan");
  refused([&](ModelData& m) { m.spectrum.lag_time = -1; }, "the lag time has -1");
  refused([&](ModelData& m) { m.spectrum.read_out.values[0] = nan; }, "/read_out/values has nan");
  refused([&](ModelData& m) { m.spectrum.read_out.spread[0] = -1; }, "/read_out/spread has -1");
  refused([&](ModelData& m) { m.spectrum.read_out.level = 17; }, "the level of the corrected eigenvalues");
  refused([&](ModelData& m) { m.training_subset(2, 0) = nan; }, "/points/training_subset has nan");
  refused([&](ModelData& m) { m.provenance.rows = {.size = 2, .weights = {1, nan}}; }, "/rows/weights has nan");
  refused([&](ModelData& m) { m.provenance.rows = {.size = 3, .weights = {1, 1}}; }, "the rows' weights do not fit");
  refused([&](ModelData& m) { m.provenance.rows.dt = -.5; }, "the time between the rows do not fit");
  refused([&](ModelData& m) { m.provenance.samples = -5; }, "the number of samples has -5");
}

/// What an OnlineFit goes on from, behind a hash that is right, with numbers that none leaves: they would be casts without a meaning, and memory without an
/// end.
TEST_F(Damage, AStateIsRefusedByTheSameRules) {
  const auto some_state = [] {
    OnlineState state;
    state.sums = {ramp(2, 2)};
    state.level_features = {7, 10};
    state.numbers = {100, 0, 1, 100, 0, 0, 1, 1, 0, 400, 0, 0};
    state.rows.capacity = 5;
    state.rows.dimension = 2;
    state.rows.count = 100;
    state.rows.total_weight = 100;
    state.rows.points = ramp(2, 2);
    state.rows.keys = {0.5, HUGE_VAL};
    state.rows.weights = {1, 0};
    state.rows.ids = {3, 4};
    state.rows.tags = {0, 1};
    return state;
  };
  const auto read_after = [&](const std::function<void(OnlineState&)>& change) {
    OnlineState state = some_state();
    change(state);
    write_model(path("state.h5"), some_model(), &state);
    return read_state(path("state.h5"));
  };
  EXPECT_EQ(read_after([](OnlineState&) {}).rows.ids, (std::vector<Index>{3, 4}));
  const auto refused = [&](const std::function<void(OnlineState&)>& change) { EXPECT_REFUSED(read_after(change), "state.h5", "its sums do not fit the rest"); };
  const kswgd::test::NonFiniteInput guard;
  const double nan = std::nan("");
  refused([&](OnlineState& s) { s.numbers[9] = 1e300; });
  refused([&](OnlineState& s) { s.numbers[9] = nan; });
  refused([&](OnlineState& s) { s.numbers[0] = -1; });
  refused([&](OnlineState& s) { s.rows.capacity = 1; });
  refused([&](OnlineState& s) { s.rows.capacity = 0; });
  refused([&](OnlineState& s) { s.rows.dimension = 3; });
  refused([&](OnlineState& s) { s.rows.count = -1; });
  refused([&](OnlineState& s) { s.rows.weights = {1}; });
  refused([&](OnlineState& s) { s.rows.weights[0] = -1; });
  refused([&](OnlineState& s) { s.rows.keys[0] = nan; });
  refused([&](OnlineState& s) { s.rows.tags.pop_back(); });
  refused([&](OnlineState& s) { s.rows.points(1, 1) = nan; });
  refused([&](OnlineState& s) { s.rows.total_weight = -1; });
  EXPECT_REFUSED(read_after([](OnlineState& s) { s.rows.capacity = Index{1} << 50; }), "state.h5", "claims");
}

TEST_F(Damage, AnUnknownKindAndImpossibleDecimalsNameTheFile) {
  ModelData model = some_model();
  model.marginals.levels = {0, 1};
  model.marginals.quantiles = ramp(2, 2);
  model.marginals.decimals = {0, 500};
  write_model(path("bad.h5"), model);
  EXPECT_REFUSED(read_model(path("bad.h5")), "bad.h5", "500 decimal places");

  // Another text of the same length, and the hash that belongs to it.
  std::string bytes = m_bytes;
  const std::size_t at = bytes.find("edmd");
  ASSERT_NE(at, std::string::npos);
  for (std::size_t found = at; found != std::string::npos; found = bytes.find("edmd", found + 1)) bytes.replace(found, 4, "emdd");
  const std::string rest = bytes.substr(512);
  char block[512] = {};
  std::snprintf(block, sizeof block, "kswgd model\nformat %d\nlength %zu\nhash %016llx\n", model_format, rest.size(),
                static_cast<unsigned long long>(hash_of(model_format, rest)));
  EXPECT_REFUSED(read_model(write("kind.h5", std::string(block, 512) + rest)), "kind.h5", "there is no spectrum of the kind 'emdd'");
}

History some_history() { return {{0, .5}, {3, 2}, {9, 8}, {.5, .75}, {0, 1}, {0, 0}, {1, 3}}; }

TEST_F(Damage, SamplesWithHistory) {
  FlowReport report;
  report.history = some_history();
  report.state.stop_reason = "chi2";
  write_samples(path("s.h5"), ramp(4, 2), report, {.seed = 7, .version = "0.1"});
  expect_equal(read_points(path("s.h5")).points, ramp(4, 2));
  const auto file = hdf5::File::open(path("s.h5"));
  EXPECT_EQ(file.read_text("/", "stop_reason", ""), "chi2");
  EXPECT_EQ(file.read_text("/", "seed", ""), "7");
  EXPECT_EQ(file.read_vector("/history/energy"), report.history.energy);
  EXPECT_EQ(file.read_integers("/history/evaluations"), report.history.evaluations);
  write_samples(path("s.npy"), ramp(4, 2), report, {});
  expect_equal(read_points(path("s.npy")).points, ramp(4, 2));
}

}  // namespace
}  // namespace kswgd::io::test
