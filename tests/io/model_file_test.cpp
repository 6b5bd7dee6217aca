// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/file_info.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>

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
  model.normalisation = {{1.5, -2}, 0.75, {4, 1, 1, 3}, {false, true}};
  model.dictionary = {2, true, ramp(4, 2), vector_of({.1, .2, .3, .4})};
  model.levels = {{0, 1, 2.5, 3.5}, {1, 4, 1.25, 1.75}};
  model.moments = {symmetric(10, 1), symmetric(10, 5000), 123};
  model.eigenpairs = {vector_of({0, .5, 2}), ramp(10, 3, 7), vector_of({0, 1e-10, 2e-9}), {"lapack dense", 2, 2, 17, 2e-9}};
  model.eigenvalue_unit = 1.75;
  model.read_out = {{.51, 2.1}, {.5, 2}, {.52, 2.2}, {.01, .02}, 1};
  model.training_subset = ramp(5, 2, 70);
  model.held_out = HostPoints("held_out", 0, 2);
  model.provenance = {"edmd", 0.5, 1000, 18446744073709551615U, "Serial", "0.1.0", "abc", "kswgd fit", "data.h5", 1.5};
  return model;
}

class ModelFile : public Scratch {
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

TEST_F(ModelFile, comes_back) {
  const ModelData written = some_model(), model = read_model(path("m.h5"));
  EXPECT_EQ(model.normalisation.mean, written.normalisation.mean);
  EXPECT_EQ(model.normalisation.scale, written.normalisation.scale);
  EXPECT_EQ(model.normalisation.covariance, written.normalisation.covariance);
  EXPECT_EQ(model.normalisation.constant, written.normalisation.constant);
  EXPECT_EQ(model.dictionary.dimension, 2);
  EXPECT_TRUE(model.dictionary.quadratics);
  expect_equal(model.dictionary.landmarks, written.dictionary.landmarks);
  EXPECT_EQ(model.dictionary.widths(3), .4);
  ASSERT_EQ(model.levels.size(), 2U);
  EXPECT_EQ(model.levels[1].first_landmark, 1);
  EXPECT_EQ(model.levels[1].last_landmark, 4);
  EXPECT_EQ(model.levels[1].width, 1.25);
  EXPECT_EQ(model.levels[1].guard, 1.75);
  expect_equal(model.moments.gram, written.moments.gram);
  expect_equal(model.moments.dirichlet, written.moments.dirichlet);
  EXPECT_EQ(model.moments.weight, 123);
  EXPECT_EQ(model.eigenpairs.values(2), 2);
  expect_equal(model.eigenpairs.vectors, written.eigenpairs.vectors);
  EXPECT_EQ(model.eigenpairs.residuals(2), 2e-9);
  EXPECT_EQ(model.eigenpairs.report.solver, "lapack dense");
  EXPECT_EQ(model.eigenpairs.report.iterations, 17);
  EXPECT_EQ(model.eigenvalue_unit, 1.75);
  EXPECT_EQ(model.read_out.values, written.read_out.values);
  EXPECT_EQ(model.read_out.in_sample, written.read_out.in_sample);
  EXPECT_EQ(model.read_out.cross_fitted, written.read_out.cross_fitted);
  EXPECT_EQ(model.read_out.spread, written.read_out.spread);
  EXPECT_EQ(model.read_out.level, 1);
  expect_equal(model.training_subset, written.training_subset);
  EXPECT_EQ(model.held_out.extent(0), 0U);
  EXPECT_EQ(model.provenance.estimator, "edmd");
  EXPECT_EQ(model.provenance.lag_time, .5);
  EXPECT_EQ(model.provenance.samples, 1000);
  EXPECT_EQ(model.provenance.seed, 18446744073709551615U);
  EXPECT_EQ(model.provenance.command, "kswgd fit");
  EXPECT_EQ(model.provenance.data, "data.h5");
  EXPECT_TRUE(is_model(path("m.h5")));
}

TEST_F(ModelFile, is_hdf5_for_everybody_else) {
  EXPECT_EQ(read_points(path("m.h5"), {.dataset = "/training_subset"}).size(), 5);
  const FileInfo info = describe(path("m.h5"));
  EXPECT_EQ(info.kind, "model");
  EXPECT_EQ(text_of(info.attributes, "estimator"), "edmd");
  EXPECT_EQ(number_of(info.attributes, "format_version", 0), 1);
}

TEST_F(ModelFile, matrices_are_packed) { EXPECT_EQ(read_points(path("m.h5"), {.dataset = "/moments/gram_packed"}).size(), 55); }

TEST_F(ModelFile, every_flipped_byte_is_found) {
  for (std::size_t at = 0; at < m_bytes.size(); ++at) {
    const auto flip = static_cast<unsigned char>(at % 3 == 0 ? 0xff : 1U << (at % 8));
    write("flipped.h5", with(at, flip));
    const std::string message = refusal([&] { read_model(path("flipped.h5")); });
    ASSERT_NE(message, "") << "byte " << at;
    EXPECT_NE(message.find("flipped.h5"), std::string::npos);
    EXPECT_NE(message.find("damaged"), std::string::npos) << message;
  }
}

TEST_F(ModelFile, every_truncation_is_found) {
  for (std::size_t length = 0; length < m_bytes.size(); length += length < 600 ? 1 : 61) {
    write("part.h5", m_bytes.substr(0, length));
    const std::string message = refusal([&] { read_model(path("part.h5")); });
    ASSERT_NE(message, "") << "length " << length;
    EXPECT_NE(message.find(length < 8 ? "not a" : "truncated"), std::string::npos) << message;
  }
  EXPECT_REFUSED(read_model(write("more.h5", m_bytes + "x")), "damaged", "1 bytes follow its end");
}

/// The checksum of the seal as its description in src/io/seal.hpp has it, written down a second time.
std::uint64_t checksum(const std::string& bytes) {
  std::uint64_t state = 0xCBF29CE484222325U;
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < 8; ++b) word |= std::uint64_t{static_cast<unsigned char>(bytes[at + b])} << (8 * b);
    state = (state ^ word) * 0x9E3779B97F4A7C15U;
    state ^= state >> 32;
  }
  return state;
}

TEST_F(ModelFile, a_future_version_says_so) {
  std::string bytes = m_bytes;
  bytes[8] = 2;
  const std::uint64_t sum = checksum(bytes.substr(0, 504));
  for (std::size_t b = 0; b < 8; ++b) bytes[504 + b] = static_cast<char>(sum >> (8 * b));
  EXPECT_REFUSED(read_model(write("future.h5", bytes)), "future.h5", "format version 2", "up to 1", "newer kswgd");
}

TEST_F(ModelFile, other_files_are_not_models) {
  write_points(path("data.h5"), ramp(5, 2));
  EXPECT_FALSE(is_model(path("data.h5")));
  EXPECT_REFUSED(read_model(path("data.h5")), "data.h5", "is not a kswgd model", "data file");
  EXPECT_REFUSED(read_model(path("absent.h5")), "absent.h5", "does not exist");
  EXPECT_REFUSED(read_model(m_folder.string()), "is a folder");
  EXPECT_REFUSED(read_model(write("empty.h5", "")), "is empty");
  EXPECT_REFUSED(read_model(write("text.h5", std::string(2000, 'x'))), "is not a kswgd model");
  write_checkpoint(path("checkpoint.h5"), {ramp(5, 2), {}, {}});
  EXPECT_REFUSED(read_model(path("checkpoint.h5")), "is not a model", "another file of kswgd");
}

TEST_F(ModelFile, a_model_is_no_data) {
  EXPECT_REFUSED(read_points(path("m.h5")), "m.h5", "neither /samples nor /trajectories");
}

TEST_F(ModelFile, samples_with_history) {
  const SamplesFile written{ramp(4, 2), {{"history/time", {0, .5, 1.25}}, {"history/energy", {3, 2, 1}}}, {{"seed", std::uint64_t{7}}, {"stop_reason", "chi2"}}};
  write_samples(path("s.h5"), written);
  expect_equal(read_points(path("s.h5")).points, written.samples);
  const FileInfo info = describe(path("s.h5"));
  EXPECT_EQ(info.kind, "samples");
  EXPECT_EQ(text_of(info.attributes, "stop_reason"), "chi2");
  EXPECT_EQ(number_of(info.attributes, "seed", 0), 7);
  ASSERT_EQ(info.datasets.size(), 3U);
  write_samples(path("s.npy"), written);
  expect_equal(read_points(path("s.npy")).points, written.samples);

  write_checkpoint(path("c.h5"), written);
  const SamplesFile back = read_checkpoint(path("c.h5"));
  expect_equal(back.samples, written.samples);
  EXPECT_EQ(back.column("history/time"), written.columns[0].values);
  EXPECT_EQ(back.column("absent"), std::vector<double>{});
  EXPECT_EQ(text_of(back.attributes, "stop_reason"), "chi2");
  EXPECT_REFUSED(read_checkpoint(path("s.h5")), "is not a kswgd checkpoint");
  std::string bytes = content(path("c.h5"));
  bytes[bytes.size() / 2] ^= 4;
  EXPECT_REFUSED(read_checkpoint(write("c.h5", bytes)), "damaged");
}

}  // namespace
}  // namespace kswgd::io::test
