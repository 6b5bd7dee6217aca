// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/estimator/diffusion_map_model.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/model/fingerprint.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace {

using namespace kswgd;
using namespace kswgd::test;
namespace fs = std::filesystem;
using Exec = Kokkos::DefaultExecutionSpace;

class ModelFile : public ::testing::Test {
 protected:
  void SetUp() override {
    m_path = ::testing::TempDir() + "kswgd-" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".h5";
    FitOptions<Exec> options;
    options.features = 12;
    options.modes = 4;
    options.hold_out = 30;
    m_model = fit_generator(Exec{}, on_device<Exec>(draw_exact("quadruple-well", 400, 0, 1)), options);
    m_model.provenance.command = "fit x.h5";
    io::write_model(m_path, m_model);
  }
  void TearDown() override { fs::remove(m_path); }
  std::string bytes() const {
    std::ifstream file(m_path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void write(const std::string& content) const { std::ofstream(m_path, std::ios::binary) << content; }
  std::string refusal() const {
    return message_of<InvalidInput>([&] { io::read_model(m_path); });
  }
  std::string m_path;
  ModelData m_model;
};

TEST_F(ModelFile, ComesBackTheSame) {
  const ModelData back = io::read_model(m_path);
  EXPECT_TRUE(same(back.density.moments.gram, m_model.density.moments.gram, 0));
  EXPECT_TRUE(same(back.density.moments.dirichlet, m_model.density.moments.dirichlet, 0));
  EXPECT_TRUE(same(back.density.landmarks, m_model.density.landmarks, 0));
  EXPECT_TRUE(same(back.spectrum.pairs.vectors, m_model.spectrum.pairs.vectors, 0));
  EXPECT_TRUE(same(back.held_out, m_model.held_out, 0));
  EXPECT_TRUE(same(back.training_subset, m_model.training_subset, 0));
  EXPECT_EQ(back.spectrum.read_out.values, m_model.spectrum.read_out.values);
  EXPECT_EQ(back.frame.normalisation.mean, m_model.frame.normalisation.mean);
  EXPECT_EQ(back.frame.normalisation.scale, m_model.frame.normalisation.scale);
  EXPECT_EQ(back.density.levels.size(), m_model.density.levels.size());
  EXPECT_EQ(back.density.levels.back().guard, m_model.density.levels.back().guard);
  EXPECT_EQ(back.density.moments.weight, 370);
  ASSERT_TRUE(m_model.log_density.is_known());
  EXPECT_EQ(back.log_density.coefficients, m_model.log_density.coefficients);
  EXPECT_TRUE(same(back.log_density.without_fold, m_model.log_density.without_fold, 0));
  EXPECT_EQ(back.log_density.level, m_model.log_density.level);
  EXPECT_EQ(back.log_density.regularisation, m_model.log_density.regularisation);
  EXPECT_EQ(back.log_density.held_out, m_model.log_density.held_out);
  EXPECT_EQ(back.provenance.command, "fit x.h5");
  EXPECT_TRUE(io::is_model(m_path));
}

TEST_F(ModelFile, EachDictionaryAndTheManifoldComeBack) {
  using Exec = Kokkos::DefaultExecutionSpace;
  PerceptronDictionaryData network{"tanh", {HostMatrix("W0", 3, 2), HostMatrix("W1", 2, 3)}, {{.1, .2, .3}, {0, -.5}}};
  for (Index i = 0; i < 6; ++i) network.weights[0](i % 3, i / 3) = 0.3 * static_cast<double>(i) - 0.7;
  for (Index i = 0; i < 6; ++i) network.weights[1](i % 2, i / 2) = 0.2 * static_cast<double>(i) - 0.4;
  const auto data = on_device<Exec>(draw_exact("quadruple-well", 400, 0, 1));
  std::vector<DictionaryMaker<Exec>> makers = {perceptron_dictionary<Exec>(network)};
  for (const char* name : {"fourier", "hermite", "monomial", "linear"}) makers.push_back(named_dictionary<Exec>(name, {.features = 10}));
  std::vector<ModelData> models = {to_model(Exec{}, fit_diffusion_map(Exec{}, data, {.modes = 5}))};
  for (const auto& maker : makers) {
    FitOptions<Exec> options;
    options.dictionary = maker;
    options.read_out_modes = 0;
    options.modes = 2;
    models.push_back(fit_generator(Exec{}, data, options));
  }
  for (const ModelData& model : models) {
    io::write_model(m_path, model);
    const ModelData back = io::read_model(m_path);
    ASSERT_EQ(back.dictionary.index(), model.dictionary.index());
    const Exec exec;
    // The features of the one that was read are those of the one that was written.
    const Matrix<Exec> one("one", 400, model.density.moments.size()), two("two", 400, model.density.moments.size());
    make_dictionary(exec, model.dictionary).evaluate(exec, data, one);
    make_dictionary(exec, back.dictionary).evaluate(exec, data, two);
    EXPECT_TRUE(same(two, one, 0));
  }
  FitOptions<Exec> options;
  options.geometry = parse_geometry("periodic:8,0", 2);
  options.read_out_modes = 0;
  options.modes = 0;
  options.features = 12;
  io::write_model(m_path, fit_generator(Exec{}, data, options));
  const ModelData back = io::read_model(m_path);
  EXPECT_EQ(back.dimension(), 2);
  EXPECT_EQ(back.frame.normalisation.dimension(), 3);
  ASSERT_EQ(back.frame.geometry.factors.size(), 2U);
  EXPECT_DOUBLE_EQ(back.frame.geometry.factors[0].low, -4);  // the data have negative coordinates
}

TEST_F(ModelFile, MapsNamesAndMarginalsComeBack) {
  const HostPoints data = cloud(300, {0, 0}, 1, 3);
  for (Index i = 0; i < 300; ++i) {
    data(i, 0) = std::exp(1.5 * data(i, 0));
    data(i, 1) = std::round(1e3 * data(i, 1));
  }
  FitOptions<Exec> options;
  options.features = 12;
  options.modes = 2;
  options.columns = {"income", "age, in \"years\""};
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(data), options);
  ASSERT_EQ(model.frame.coordinates(), Coordinates::normal);
  io::write_model(m_path, model);
  const ModelData back = io::read_model(m_path);
  ASSERT_EQ(back.frame.maps.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(back.frame.maps[k].factor, model.frame.maps[k].factor);
    EXPECT_EQ(back.frame.maps[k].x, model.frame.maps[k].x);
    EXPECT_EQ(back.frame.maps[k].z, model.frame.maps[k].z);
    EXPECT_EQ(back.frame.maps[k].slope, model.frame.maps[k].slope);
    EXPECT_EQ(back.frame.maps[k].is_score, model.frame.maps[k].is_score);
  }
  EXPECT_EQ(back.frame.length, model.frame.length);
  EXPECT_EQ(back.columns, options.columns);
  EXPECT_EQ(back.marginals.levels, model.marginals.levels);
  EXPECT_EQ(back.marginals.decimals, model.marginals.decimals);
  EXPECT_TRUE(same(back.marginals.quantiles, model.marginals.quantiles, 0));
  EXPECT_EQ(fingerprint(back), fingerprint(model));

  ModelData nonsense = model;
  nonsense.frame.maps[0].x[1] = nonsense.frame.maps[0].x[0];
  io::write_model(m_path, nonsense);
  EXPECT_TRUE(contains(refusal(), "the knots of the columns")) << refusal();
}

TEST_F(ModelFile, ADictionaryOfTheCallersOwnIsRefused) {
  m_model.dictionary = std::monostate{};
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { io::write_model(m_path, m_model); }), "a dictionary of your own cannot be written to a file"));
}

TEST_F(ModelFile, EveryFlippedByteIsSeen) {
  const std::string whole = bytes();
  for (std::size_t at = 0; at < whole.size(); at += at < 600 ? 1 : 997) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write(damaged);
    EXPECT_FALSE(refusal().empty()) << "byte " << at;
  }
}

TEST_F(ModelFile, TruncationIsSeenAtEveryLength) {
  const std::string whole = bytes();
  for (const double part : {0.0, 0.001, 0.01, 0.3, 0.9, 0.9999}) {
    write(whole.substr(0, static_cast<std::size_t>(part * static_cast<double>(whole.size()))));
    EXPECT_FALSE(refusal().empty()) << part;
  }
  write(whole.substr(0, whole.size() - 1));
  EXPECT_TRUE(contains(refusal(), "is truncated")) << refusal();
}

TEST_F(ModelFile, AFutureVersionIsRefusedByName) {
  std::string future = bytes();
  future[future.find("format 4") + 7] = '9';
  write(future);
  EXPECT_TRUE(contains(refusal(), "has model format 9, this version of kswgd reads up to 4: it comes from a newer one"));
}

TEST_F(ModelFile, ADataFileIsNoModel) {
  io::write_points(m_path, cloud(5, {0}, 1, 1), {});
  EXPECT_TRUE(contains(refusal(), "is not a model written by kswgd"));
  EXPECT_FALSE(io::is_model(m_path));
}

TEST_F(ModelFile, AnUnwritableFolderLeavesNothing) {
  const std::string message = message_of<InvalidInput>([&] { io::write_model("/nowhere/model.h5", m_model); });
  EXPECT_TRUE(contains(message, "cannot write '/nowhere/model.h5'"));
}

}  // namespace
