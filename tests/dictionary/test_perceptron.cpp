// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"
#include "golden/dictionaries.hpp"
#include "io/scratch.hpp"

#include <kswgd/dictionary/detail/network.hpp>
#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/io/perceptron_file.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

static_assert(FusedDictionary<PerceptronDictionary<Kokkos::DefaultExecutionSpace>>);
static_assert(ReverseDictionary<PerceptronDictionary<Kokkos::DefaultExecutionSpace>>);

template <class Exec>
class Perceptron : public ::testing::Test {};
TYPED_TEST_SUITE(Perceptron, ExecutionSpaces);

HostMatrix matrix(std::initializer_list<std::initializer_list<double>> rows) {
  const HostMatrix m("matrix", rows.size(), rows.begin()->size());
  std::size_t i = 0;
  for (const auto& row : rows) {
    std::size_t k = 0;
    for (const double value : row) m(i, k++) = value;
    ++i;
  }
  return m;
}

/// The network of tests/golden/dictionaries.py: 2 inputs, 3 hidden units, 2 outputs.
PerceptronDictionaryData small_network(const std::string& activation) {
  return {activation, {matrix({{0.5, -1.2}, {2.0, 0.3}, {-0.7, 0.9}}), matrix({{1.5, -0.6, 0.8}, {0.2, 1.1, -2.0}})}, {{0.1, -0.4, 0.2}, {-0.3, 0.7}}};
}

/// Random weights of the size 1 / sqrt(inputs).
PerceptronDictionaryData random_network(const std::string& activation, const std::vector<Index>& sizes) {
  PerceptronDictionaryData network;
  network.activation = activation;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    const IndexedRandom random(21, l);
    const HostMatrix weights("weights", sizes[l + 1], sizes[l]);
    std::uint64_t draw = 0;
    for (Index u = 0; u < sizes[l + 1]; ++u)
      for (Index k = 0; k < sizes[l]; ++k) weights(u, k) = random.normal(draw++) / std::sqrt(static_cast<double>(sizes[l]));
    network.weights.push_back(weights);
    network.biases.emplace_back();
    for (Index u = 0; u < sizes[l + 1]; ++u) network.biases.back().push_back(0.3 * random.normal(draw++));
  }
  return network;
}

/// The same with normalised hidden layers, and residual ones where inputs and outputs are as many.
PerceptronDictionaryData with_blocks(PerceptronDictionaryData network) {
  for (std::size_t l = 0; l < network.weights.size(); ++l) {
    const bool hidden = l + 1 < network.weights.size();
    network.residual.push_back(hidden && l > 0 && network.weights[l].extent(0) == network.weights[l].extent(1));
    network.gains.emplace_back();
    network.shifts.emplace_back();
    const IndexedRandom random(22, l);
    for (std::size_t u = 0; hidden && u < network.biases[l].size(); ++u) {
      network.gains[l].push_back(1 + 0.3 * random.normal(2 * u));
      network.shifts[l].push_back(0.2 * random.normal(2 * u + 1));
    }
  }
  return network;
}

double slow_activation(const std::string& name, double z) {
  if (name == "sin") return std::sin(z);
  if (name == "tanh") return std::tanh(z);
  if (name == "softplus") return std::log(1 + std::exp(z));
  if (name == "silu") return z / (1 + std::exp(-z));
  return z * (1 + std::erf(z / std::sqrt(2.0))) / 2;
}

TYPED_TEST(Perceptron, OutputsAreThoseOfNumPy) {
  const HostPoints x("x", 1, 2);
  x(0, 0) = 0.8;
  x(0, 1) = -1.7;
  for (const golden::Network& network : golden::networks) {
    PerceptronDictionary<TypeParam> dictionary(TypeParam{}, small_network(network.activation));
    EXPECT_TRUE(same(values_of(dictionary, x), matrix({{1, network.outputs[0], network.outputs[1]}}), 1e-13)) << network.activation;
  }
}

/// All features, layer by layer as the header says them.
std::vector<double> slow_features(const PerceptronDictionaryData& network, const std::vector<double>& at) {
  std::vector<double> values = at;
  for (std::size_t l = 0; l < network.weights.size(); ++l) {
    std::vector<double> next = network.biases[l];
    for (std::size_t u = 0; u < next.size(); ++u)
      for (std::size_t k = 0; k < values.size(); ++k) next[u] += network.weights[l](u, k) * values[k];
    if (network.is_normalised(l)) {
      double mean = 0, square = 0;
      for (const double z : next) mean += z / static_cast<double>(next.size());
      for (const double z : next) square += (z - mean) * (z - mean) / static_cast<double>(next.size());
      for (std::size_t u = 0; u < next.size(); ++u) next[u] = network.gains[l][u] * (next[u] - mean) / std::sqrt(square + 1e-5) + network.shifts[l][u];
    }
    for (std::size_t u = 0; u < next.size() && l + 1 < network.weights.size(); ++u)
      next[u] = slow_activation(network.activation, next[u]) + (network.is_residual(l) ? values[u] : 0);
    values = next;
  }
  values.insert(values.begin(), 1.0);
  return values;
}

TYPED_TEST(Perceptron, KeepsTheContractOfADictionary) {
  for (const std::string activation : {"tanh", "softplus", "silu", "gelu", "sin"})
    for (const std::vector<Index>& sizes : {std::vector<Index>{2, 4}, {1, 9, 5}, {3, 12, 7, 6}, {2, 6, 6, 6, 5}})
      for (const bool blocks : {false, true}) {
        const PerceptronDictionaryData network = blocks ? with_blocks(random_network(activation, sizes)) : random_network(activation, sizes);
        PerceptronDictionary<TypeParam> dictionary(TypeParam{}, network);
        ASSERT_EQ(dictionary.dimension(), sizes.front());
        ASSERT_EQ(dictionary.size(), 1 + sizes.back());
        const HostPoints x = normal_points(sizes.front());
        expect_values(dictionary, x, [&](const std::vector<double>& at) { return slow_features(network, at); });
        expect_contract(dictionary, x, 1e-13);
      }
}

/// What the layers hold comes back whole.
TYPED_TEST(Perceptron, ParametersComeBack) {
  const PerceptronDictionaryData network = with_blocks(random_network("sin", {2, 6, 6, 5}));
  const PerceptronDictionaryData back = detail::data_of(TypeParam{}, detail::make_network(TypeParam{}, network));
  EXPECT_EQ(back.activation, "sin");
  EXPECT_EQ(back.biases, network.biases);
  EXPECT_EQ(back.gains, network.gains);
  EXPECT_EQ(back.shifts, network.shifts);
  EXPECT_EQ(back.residual, network.residual);
  ASSERT_EQ(back.weights.size(), network.weights.size());
  for (std::size_t l = 0; l < back.weights.size(); ++l) EXPECT_TRUE(same(back.weights[l], network.weights[l], 0));
}

/// Far out an activation is a straight line (or constant): nothing overflows, and no NaN appears on the way.
TYPED_TEST(Perceptron, ActivationsAreRightFarOut) {
  const HostPoints x = matrix({{-1e4}, {-800}, {800}, {1e4}});
  for (const std::string activation : {"tanh", "softplus", "silu", "gelu"}) {
    PerceptronDictionary<TypeParam> dictionary(TypeParam{}, {activation, {matrix({{1}}), matrix({{1}})}, {{0}, {0}}});
    const bool bounded = activation == "tanh";
    const HostMatrix values = bounded ? matrix({{1, -1}, {1, -1}, {1, 1}, {1, 1}}) : matrix({{1, 0}, {1, 0}, {1, 800}, {1, 1e4}});
    const double slope = bounded ? 0 : 1;
    EXPECT_TRUE(same(values_of(dictionary, x), values, 1e-15, 1e-300)) << activation;
    EXPECT_TRUE(same(slopes_of(dictionary, x, 0), matrix({{0, 0}, {0, 0}, {0, slope}, {0, slope}}), 1e-15, 1e-300)) << activation;
  }
}

TYPED_TEST(Perceptron, OfNormalisedPointsIsTheSameFunction) {
  const std::vector<double> mean = {3.5, -120};
  constexpr double scale = 7;
  const HostPoints x = normal_points(2), caller("caller", 300, 2);
  for (Index i = 0; i < 300; ++i)
    for (Index k = 0; k < 2; ++k) caller(i, k) = mean[static_cast<std::size_t>(k)] + scale * x(i, k);
  const PerceptronDictionaryData network = small_network("tanh");
  PerceptronDictionary<TypeParam> trained(TypeParam{}, network), normalised(TypeParam{}, in_normalised_units(network, mean, scale));
  EXPECT_TRUE(same(values_of(normalised, x), values_of(trained, caller), 1e-11, 1e-11));
  EXPECT_EQ(network.weights[0](0, 0), 0.5);  // the caller's network is left as it is
}

TEST(Perceptron, RefusesWhatCannotBe) {
  using Perceptron = PerceptronDictionary<Kokkos::DefaultHostExecutionSpace>;
  const auto refusal = [](const PerceptronDictionaryData& network) { return message_of<InvalidInput>([&] { Perceptron({}, network); }); };
  EXPECT_TRUE(contains(refusal(small_network("relu")), "activation is 'relu'; known are: tanh softplus silu gelu sin"));
  EXPECT_TRUE(contains(refusal({"tanh", {}, {}}), "layers must be a whole number from 1 to 1000, got 0"));
  PerceptronDictionaryData network = small_network("tanh");
  network.weights[1] = matrix({{1, 2}, {3, 4}});
  EXPECT_TRUE(contains(refusal(network), "W1 must have the shape n x 3, but has 2 x 2"));
  network = small_network("tanh");
  network.biases[0].pop_back();
  EXPECT_TRUE(contains(refusal(network), "b0 must have the shape 3, but has 2"));
  network = small_network("tanh");
  network.weights[1](1, 2) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(contains(refusal(network), "W1: row 1, column 2 (from 0) must be a finite number, got inf"));
  network = with_blocks(random_network("silu", {2, 4, 4, 3}));
  EXPECT_NO_THROW(Perceptron({}, network));
  network.residual[0] = true;
  EXPECT_TRUE(contains(refusal(network), "residual0: only a layer between the first and the last"));
  network.residual = {false, false, true};
  EXPECT_TRUE(contains(refusal(network), "residual2: only a layer between"));
  network = with_blocks(random_network("silu", {2, 4, 4, 3}));
  network.gains[1].pop_back();
  EXPECT_TRUE(contains(refusal(network), "gain1 must have the shape 4, but has 3"));
  network = with_blocks(random_network("silu", {2, 4, 4, 3}));
  network.gains[2] = network.shifts[2] = {1, 1, 1};
  EXPECT_TRUE(contains(refusal(network), "normalised2: the last layer cannot be normalised"));
  network = with_blocks(random_network("silu", {2, 4, 4, 3}));
  network.gains[1].clear();
  EXPECT_TRUE(contains(refusal(network), "shift1 stands without a gain"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { in_normalised_units(small_network("tanh"), {1}, 1); }), "takes 2 coordinates, the points have 1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { in_normalised_units(small_network("tanh"), {1, 1}, 0); }), "scale must be a finite positive number"));
}

class PerceptronFile : public io::test::Scratch {
 protected:
  /// The arrays, and an attribute `activation` where it is not empty.
  std::string write_network(const std::vector<io::test::Array>& arrays, const std::string& activation) const {
    io::AtomicFile out(path("network.h5"));
    auto file = io::hdf5::File::create(out);
    for (const auto& array : arrays) file.write_array(array.path, array.values.data(), array.shape);
    if (!activation.empty()) file.write_text("/", "activation", activation);
    file.close();
    out.commit();
    return path("network.h5");
  }
};

/// As h5py writes what PyTorch trains: single precision, and a text of variable length.
TEST_F(PerceptronFile, OfSinglePrecisionIsRead) {
  const PerceptronDictionaryData network = small_network("gelu");
  const std::string name = path("torch.h5");
  const hid_t file = H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const auto write = [file](const std::string& dataset, const std::vector<hsize_t>& shape, const std::vector<double>& values) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t set = H5Dcreate2(file, dataset.c_str(), H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    H5Dclose(set);
    H5Sclose(space);
  };
  for (std::size_t l = 0; l < 2; ++l) {
    const HostMatrix& weights = network.weights[l];
    std::vector<double> rows;
    for (std::size_t u = 0; u < weights.extent(0); ++u)
      for (std::size_t k = 0; k < weights.extent(1); ++k) rows.push_back(weights(u, k));
    write("W" + std::to_string(l), {weights.extent(0), weights.extent(1)}, rows);
    write("b" + std::to_string(l), {weights.extent(0)}, network.biases[l]);
  }
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, H5T_VARIABLE);
  const hid_t attribute = H5Acreate2(file, "activation", type, space, H5P_DEFAULT, H5P_DEFAULT);
  const char* text = "gelu";
  EXPECT_GE(H5Awrite(attribute, type, &text), 0);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
  ASSERT_GE(H5Fclose(file), 0);

  const PerceptronDictionaryData read = io::read_perceptron(name);
  EXPECT_EQ(read.activation, "gelu");
  ASSERT_EQ(read.weights.size(), 2U);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_TRUE(same(read.weights[l], network.weights[l], 1e-7));
    ASSERT_EQ(read.biases[l].size(), network.biases[l].size());
    for (std::size_t u = 0; u < read.biases[l].size(); ++u) EXPECT_EQ(read.biases[l][u], static_cast<double>(static_cast<float>(network.biases[l][u])));
  }
}

/// Blocks are written and read, and a network without them is the file that it always was.
TEST_F(PerceptronFile, ComesBackAsItWasWritten) {
  const PerceptronDictionaryData network = with_blocks(random_network("sin", {2, 6, 6, 5}));
  io::write_perceptron(path("blocks.h5"), network, {.seed = 7, .version = "v", .git = "g", .backend = "b", .command = "c"});
  const PerceptronDictionaryData read = io::read_perceptron(path("blocks.h5"));
  EXPECT_EQ(read.activation, "sin");
  EXPECT_EQ(read.biases, network.biases);
  EXPECT_EQ(read.gains, network.gains);
  EXPECT_EQ(read.shifts, network.shifts);
  EXPECT_EQ(read.residual, network.residual);
  for (std::size_t l = 0; l < read.weights.size(); ++l) EXPECT_TRUE(same(read.weights[l], network.weights[l], 0));
  io::write_perceptron(path("plain.h5"), small_network("gelu"));
  const io::hdf5::File plain = io::hdf5::File::open(path("plain.h5"));
  for (const char* absent : {"/residual", "/gain0", "/shift0"}) EXPECT_FALSE(plain.has(absent)) << absent;
}

TEST_F(PerceptronFile, RefusesWhatIsNoNetwork) {
  using Arrays = std::vector<io::test::Array>;
  const Arrays one = {{"W0", {2, 2}, {1, 2, 3, 4}}, {"b0", {2}, {5, 6}}};
  const PerceptronDictionaryData layer = io::read_perceptron(write_network(one, "tanh"));
  ASSERT_EQ(layer.weights.size(), 1U);
  EXPECT_TRUE(same(layer.weights[0], matrix({{1, 2}, {3, 4}}), 0));
  EXPECT_EQ(layer.biases[0], (std::vector<double>{5, 6}));
  EXPECT_REFUSED(io::read_perceptron(write_network(one, "")), "network.h5", "no attribute 'activation'");
  EXPECT_REFUSED(io::read_perceptron(write_network({{"b0", {2}, {5, 6}}}, "tanh")), "network.h5", "has no dataset W0");
  EXPECT_REFUSED(io::read_perceptron(write_network({{"W0", {2, 2}, {1, 2, 3, 4}}}, "tanh")), "has a dataset W0 but no b0");
  EXPECT_REFUSED(io::read_perceptron(write_network({one[0], one[1], {"b1", {1}, {0}}}, "tanh")), "has a dataset b1 but no W1");
  EXPECT_REFUSED(io::read_perceptron(write_network({{"W0", {4}, {1, 2, 3, 4}}, one[1]}, "tanh")), "W0 must be a matrix, outputs x inputs");
  EXPECT_REFUSED(io::read_perceptron(write_network({one[0], {"b0", {2, 1}, {5, 6}}}, "tanh")), "b0 must be a vector");
  const io::test::Array gain{"gain0", {2}, {1, 1}};
  EXPECT_REFUSED(io::read_perceptron(write_network({one[0], one[1], gain}, "tanh")), "a normalised layer has both gain0 and shift0");
  EXPECT_REFUSED(io::read_perceptron(write_network({one[0], one[1], {"residual", {1}, {3}}}, "tanh")), "/residual names layer 3, but there are 1");
  EXPECT_REFUSED(io::read_perceptron(path("missing.h5")), "missing.h5");
}

}  // namespace
