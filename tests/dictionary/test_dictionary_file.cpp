// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a file may say of a dictionary: each family comes back as it was, and nonsense behind a right hash is refused by file and field.
#include "../../src/io/dictionary_file.hpp"

#include "dictionary/contract.hpp"
#include "io/scratch.hpp"

#include <kswgd/io/model_file.hpp>
#include <kswgd/model/model.hpp>

#include <functional>
#include <limits>

namespace {

using namespace kswgd;
using namespace kswgd::test;

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

HostMatrix matrix(Index rows, Index columns, double first = 0.25) {
  const HostMatrix m("matrix", rows, columns);
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k) m(i, k) = first + 0.5 * static_cast<double>(i) - 0.125 * static_cast<double>(k * k);
  return m;
}

HostVector vector(Index size, double first = 0.25) {
  const HostVector v("vector", size);
  for (Index i = 0; i < size; ++i) v(i) = first + 0.5 * static_cast<double>(i);
  return v;
}

/// A model on two coordinates with this dictionary. Its moments are of as many features; nothing else of it means anything.
ModelData model_of(const DictionaryData& dictionary) {
  ModelData model;
  model.frame.normalisation = {{0, 0}, 1, {1, 0, 0, 1}, {false, false}};
  model.dictionary = dictionary;
  model.density.landmarks = matrix(3, 2);
  const Index features = io::features_of(dictionary);
  model.density.levels = {{0, 3, 1, 1, features}};
  const HostMatrix identity("identity", features, features);
  for (Index a = 0; a < features; ++a) identity(a, a) = 1;
  model.density.moments = {identity, identity, 10};
  return model;
}

GaussianDictionaryData gaussian() { return {2, true, matrix(3, 2), vector(3)}; }
GaussianDictionaryData turned() { return {2, false, matrix(3, 2), vector(3), true, turned_axes(2)}; }
FourierDictionaryData fourier() { return {matrix(4, 2), vector(4)}; }
PolynomialDictionaryData polynomial() { return {"hermite", 2, 2, {0.5, -1}, {1, 2}}; }
PerceptronDictionaryData perceptron() { return {"silu", {matrix(3, 2), matrix(2, 3)}, {{.1, .2, .3}, {0, -.5}}}; }
NystromDictionaryData nystrom() { return {matrix(5, 2), vector(5), 0.75, matrix(5, 3), vector(3)}; }

class DictionaryFile : public io::test::Scratch {
 protected:
  const NonFiniteInput m_not_trapped;

  /// What is said of a file with this model; "" when it is read.
  std::string refusal(const ModelData& model) const {
    io::write_model(path("m.h5"), model);
    return io::test::refusal([&] { io::read_model(path("m.h5")); });
  }

  /// Each way to spoil the data of a family is refused with the file and the field.
  template <class Data>
  using Nonsense = std::vector<std::pair<std::string, std::function<void(Data&)>>>;
  template <class Data>
  void expect_refused(const std::function<Data()>& make, const Nonsense<Data>& all) const {
    EXPECT_EQ(refusal(model_of(make())), "");
    for (const auto& [message, spoil] : all) {
      ModelData model = model_of(make());
      spoil(std::get<Data>(model.dictionary));
      const std::string said = refusal(model);
      EXPECT_TRUE(contains(said, "m.h5") && contains(said, message)) << "expected: " << message << "\nsaid:     " << said;
    }
  }

  /// The dictionary alone, changed by HDF5's own means; read with the rest of a model.
  std::string refusal_after(const ModelData& model, const std::function<void(hid_t)>& change) const {
    {
      io::AtomicFile out(path("d.h5"));
      auto file = io::hdf5::File::create(out);
      io::write_dictionary(file, model.dictionary);
      file.close();
      out.commit();
    }
    const hid_t file = H5Fopen(path("d.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    change(file);
    EXPECT_GE(H5Fclose(file), 0);
    return io::test::refusal([&] { io::read_dictionary(io::hdf5::File::open(path("d.h5")), path("d.h5"), model); });
  }
};

/// Another number in the place of an attribute.
void set_attribute(hid_t file, const char* name, double value) {
  H5Adelete_by_name(file, "/dictionary", name, H5P_DEFAULT);
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate_by_name(file, "/dictionary", name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  EXPECT_GE(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value), 0);
  H5Aclose(attribute);
  H5Sclose(space);
}

/// A dataset of any shape in the place of another, with nothing stored in it.
void claim_shape(hid_t file, const char* name, const std::vector<hsize_t>& shape) {
  H5Ldelete(file, name, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
  const std::vector<hsize_t> chunk(shape.size(), 1);
  H5Pset_chunk(properties, static_cast<int>(shape.size()), chunk.data());
  const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  EXPECT_GE(set, 0);
  H5Dclose(set);
  H5Pclose(properties);
  H5Sclose(space);
}

TEST_F(DictionaryFile, EachFamilyComesBack) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  const HostPoints x = normal_points(2, 40);
  for (const DictionaryData& written : std::vector<DictionaryData>{gaussian(), turned(), fourier(), polynomial(), perceptron(), nystrom()}) {
    io::write_model(path("m.h5"), model_of(written));
    const ModelData read = io::read_model(path("m.h5"));
    ASSERT_EQ(read.dictionary.index(), written.index());
    EXPECT_TRUE(same(values_of(make_dictionary<Exec>({}, read.dictionary), x), values_of(make_dictionary<Exec>({}, written), x), 0));
  }
}

TEST_F(DictionaryFile, GaussiansOfNonsenseAreRefused) {
  const auto width = [](double value) { return [value](GaussianDictionaryData& data) { data.widths(1) = value; }; };
  expect_refused<GaussianDictionaryData>(gaussian, {{"/dictionary/widths: number 1 (from 0) must be a finite positive number, got 0", width(0)},
                                                    {"/dictionary/widths: number 1 (from 0) must be a finite positive number, got -2", width(-2)},
                                                    {"/dictionary/widths: number 1 (from 0) must be a finite positive number, got nan", width(nan)},
                                                    {"/dictionary/widths: number 1 (from 0) must be a finite positive number, got inf", width(infinity)},
                                                    {"/dictionary/widths must have the shape 3, but has 4", [](auto& data) { data.widths = vector(4); }},
                                                    {"/dictionary has 6 features, but /moments says 9", [](auto& data) { data.quadratics = false; }}});
  ModelData model = model_of(gaussian());
  model.density.landmarks(2, 1) = nan;
  EXPECT_TRUE(contains(refusal(model), "/levels/landmarks: row 2, column 1 (from 0) must be a finite number, got nan"));
  model.density.landmarks = matrix(3, 1);
  EXPECT_TRUE(contains(refusal(model), "/levels/landmarks must have the shape n x 2, but has 3 x 1"));
}

TEST_F(DictionaryFile, FourierFeaturesOfNonsenseAreRefused) {
  expect_refused<FourierDictionaryData>(
      fourier, {{"/dictionary/frequencies: row 3, column 0 (from 0) must be a finite number, got inf", [](auto& data) { data.frequencies(3, 0) = infinity; }},
                {"/dictionary/frequencies must have the shape n x 2, but has 4 x 3", [](auto& data) { data.frequencies = matrix(4, 3); }},
                {"/dictionary/phases: number 0 (from 0) must be a finite number, got nan", [](auto& data) { data.phases(0) = nan; }},
                {"/dictionary/phases must have the shape 4, but has 5", [](auto& data) { data.phases = vector(5); }},
                {"/dictionary has 7 features, but /moments says 5", [](auto& data) {
                   data = {matrix(6, 2), vector(6)};
                 }}});
}

TEST_F(DictionaryFile, PolynomialsOfNonsenseAreRefused) {
  const auto degree = [](Index value) { return [value](PolynomialDictionaryData& data) { data.degree = value; }; };
  expect_refused<PolynomialDictionaryData>(
      polynomial, {{"/dictionary/family is 'chebyshev'; known are: hermite monomial", [](auto& data) { data.family = "chebyshev"; }},
                   {"/dictionary/degree must be a whole number from 0 to 64, got -1", degree(-1)},
                   {"/dictionary/degree must be a whole number from 0 to 64, got 2147483648", degree(Index{1} << 31)},
                   {"/dictionary/degree must be a whole number from 0 to 64, got 9223372036854775808", degree(std::numeric_limits<Index>::max())},
                   {"/dictionary has 10 features, but /moments says 6", degree(3)},
                   {"/dictionary/shift: number 1 (from 0) must be a finite number, got nan", [](auto& data) { data.shift[1] = nan; }},
                   {"/dictionary/scale: number 0 (from 0) must be a finite positive number, got 0", [](auto& data) { data.scale[0] = 0; }},
                   {"/dictionary/shift and scale must have a number for each coordinate", [](auto& data) { data.scale.push_back(1); }}});
}

TEST_F(DictionaryFile, NetworksOfNonsenseAreRefused) {
  expect_refused<PerceptronDictionaryData>(
      perceptron, {{"/dictionary/activation is 'relu'; known are: tanh softplus silu gelu", [](auto& data) { data.activation = "relu"; }},
                   {"/dictionary/W0: row 2, column 1 (from 0) must be a finite number, got nan", [](auto& data) { data.weights[0](2, 1) = nan; }},
                   {"/dictionary/W0 must have the shape n x 2, but has 3 x 1", [](auto& data) { data.weights[0] = matrix(3, 1); }},
                   {"/dictionary/W1 must have the shape n x 3, but has 2 x 4", [](auto& data) { data.weights[1] = matrix(2, 4); }},
                   {"/dictionary/b1 must have the shape 2, but has 1", [](auto& data) { data.biases[1].pop_back(); }},
                   {"/dictionary/b0: number 2 (from 0) must be a finite number, got -inf", [](auto& data) { data.biases[0][2] = -infinity; }},
                   {"/dictionary has 5 features, but /moments says 3", [](auto& data) {
                      data.weights[1] = matrix(4, 3);
                      data.biases[1].resize(4);
                    }}});
}

TEST_F(DictionaryFile, DiffusionMapsOfNonsenseAreRefused) {
  expect_refused<NystromDictionaryData>(
      nystrom, {{"/dictionary/points: row 4, column 1 (from 0) must be a finite number, got nan", [](auto& data) { data.points(4, 1) = nan; }},
                {"/dictionary/points must have the shape n x 2, but has 5 x 1", [](auto& data) { data.points = matrix(5, 1); }},
                {"/dictionary/points must be 1 or more",
                 [](auto& data) {
                   data = {matrix(0, 2), vector(0), 0.75, matrix(0, 3), vector(3)};
                 }},
                {"/dictionary/log_density must have the shape 5, but has 4", [](auto& data) { data.log_density = vector(4); }},
                {"/dictionary/log_density: number 1 (from 0) must be a finite number, got inf", [](auto& data) { data.log_density(1) = infinity; }},
                {"/dictionary/bandwidth must be a finite positive number, got 0", [](auto& data) { data.bandwidth = 0; }},
                {"/dictionary/bandwidth must be a finite positive number, got nan", [](auto& data) { data.bandwidth = nan; }},
                {"/dictionary/coefficients must have the shape 5 x n, but has 6 x 3", [](auto& data) { data.coefficients = matrix(6, 3); }},
                {"/dictionary/means must have the shape 3, but has 2", [](auto& data) { data.means = vector(2); }},
                {"/dictionary has 3 features, but /moments says 4", [](auto& data) {
                   data.coefficients = matrix(5, 2);
                   data.means = vector(2);
                 }}});
}

TEST_F(DictionaryFile, NumbersThatAreNoneOfOursAreRefused) {
  const auto after = [&](const DictionaryData& dictionary, const char* attribute, double value) {
    return refusal_after(model_of(dictionary), [&](hid_t file) { set_attribute(file, attribute, value); });
  };
  EXPECT_TRUE(contains(after(turned(), "quadratics", 1), "d.h5' cannot be used: /dictionary/axes are those of squares"));
  EXPECT_TRUE(contains(after(gaussian(), "quadratics", 7), "d.h5' cannot be used: /dictionary/quadratics must be a whole number from 0 to 1, got 7"));
  EXPECT_TRUE(contains(after(polynomial(), "degree", 1.5), "/dictionary/degree must be a whole number from 0 to 64, got 1.5"));
  EXPECT_TRUE(contains(after(polynomial(), "degree", nan), "/dictionary/degree must be a whole number from 0 to 64, got nan"));
  for (const double layers : {-1.0, 0.0, 0x1p31, 1e300, infinity})
    EXPECT_TRUE(contains(after(perceptron(), "layers", layers), "/dictionary/layers must be a whole number from 1 to 1000, got ")) << layers;
  EXPECT_TRUE(contains(after(perceptron(), "layers", 900), "/dictionary/W2 does not exist"));
  EXPECT_TRUE(contains(refusal_after(model_of(nystrom()), [](hid_t file) { H5Adelete_by_name(file, "/dictionary", "bandwidth", H5P_DEFAULT); }),
                       "/dictionary/bandwidth must be a finite positive number, got nan"));
  EXPECT_TRUE(contains(refusal_after(model_of(gaussian()), [](hid_t file) { H5Adelete_by_name(file, "/dictionary", "kind", H5P_DEFAULT); }),
                       "/dictionary/kind is '', which this version of kswgd does not know"));
}

TEST_F(DictionaryFile, ShapesWithoutNumbersBehindThemAreRefused) {
  const auto after = [&](const DictionaryData& dictionary, const char* name, const std::vector<hsize_t>& shape) {
    return refusal_after(model_of(dictionary), [&](hid_t file) { claim_shape(file, name, shape); });
  };
  constexpr hsize_t half = hsize_t{1} << 31, most = (hsize_t{1} << 62) + 1;
  const std::string no_larger = ", no larger than the file";
  EXPECT_TRUE(contains(after(gaussian(), "/dictionary/widths", {most}), "/dictionary/widths claims an extent of"));
  EXPECT_TRUE(contains(after(gaussian(), "/dictionary/widths", {hsize_t{1} << 33}), "/dictionary/widths must be an array of rank 1" + no_larger));
  EXPECT_TRUE(contains(after(fourier(), "/dictionary/frequencies", {half, half}), "/dictionary/frequencies must be an array of rank 2" + no_larger));
  EXPECT_TRUE(contains(after(perceptron(), "/dictionary/W0", {half, 2}), "/dictionary/W0 must be an array of rank 2" + no_larger));
  EXPECT_TRUE(contains(after(nystrom(), "/dictionary/coefficients", {5, most}), "/dictionary/coefficients claims an extent of"));
  EXPECT_TRUE(contains(after(polynomial(), "/dictionary/shift", {1, 2}), "/dictionary/shift must be an array of rank 1" + no_larger));
}

TEST_F(DictionaryFile, FactorsThatCannotBeAreRefused) {
  ModelData model = model_of(gaussian());
  const auto said = [&](const std::vector<GeometryFactor>& factors) {
    model.frame.geometry.factors = factors;
    return refusal(model);
  };
  EXPECT_EQ(said({{Manifold::circle, 1, 0.5, 0, 0}}), "");
  EXPECT_EQ(said({{Manifold::euclidean, 2, 0, 0, 0}, {Manifold::euclidean, 0, 0, 0, 0}}), "");
  EXPECT_TRUE(contains(said({{static_cast<Manifold>(4), 2, 1, 0, 0}}), "m.h5' cannot be used: /geometry/kind must be a whole number from 0 to 3, got 4"));
  EXPECT_TRUE(contains(said({{Manifold::sphere, -2, 1, 0, 0}}), "/geometry/coordinates must be a whole number from 0 to 2, got -2"));
  EXPECT_TRUE(contains(said({{Manifold::sphere, Index{1} << 40, 1, 0, 0}}), "/geometry/coordinates must be a whole number from 0 to 2, got 1099511627776"));
  EXPECT_TRUE(contains(said({{Manifold::torus, 2, 2, 1, 0}}), "/geometry/coordinates: a torus takes 3, a circle 1"));
  EXPECT_TRUE(contains(said({{Manifold::sphere, 1, 1, 0, 0}}), "/geometry/coordinates: the factors take 1 of the embedding, which has 2"));
  EXPECT_TRUE(contains(said({{Manifold::sphere, 2, 0, 0, 0}}), "/geometry/lengths must be positive radii"));
  EXPECT_TRUE(contains(said({{Manifold::sphere, 2, nan, 0, 0}}), "/geometry/lengths: number 0 (from 0) must be a finite number, got nan"));
}

}  // namespace
