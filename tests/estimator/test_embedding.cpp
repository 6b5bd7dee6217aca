// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <gtest/gtest.h>

#include <algorithm>
#include <kswgd/estimator/online.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/systems/systems.hpp>
#include <set>
#include <string>
#include <thread>

// What a code that embeds the library hands over: Views of its own layout and precision; and what its profiler sees.
namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

HostPoints some_points(Index n) { return draw_exact("quadruple-well", n, {}, 5); }

/// x in single precision, as columns 1 and 2 of four, row by row.
auto strided_copy(const HostPoints& x) {
  const Kokkos::View<float* [4], Kokkos::LayoutRight, Exec::memory_space> all("all", x.extent(0));
  const auto host = Kokkos::create_mirror_view(all);
  for (std::size_t i = 0; i < x.extent(0); ++i)
    for (std::size_t k = 0; k < 2; ++k) host(i, k + 1) = static_cast<float>(x(i, k));
  Kokkos::deep_copy(all, host);
  return Kokkos::subview(all, Kokkos::ALL, std::pair(1, 3));
}

/// The same numbers as the library holds them.
HostPoints rounded(const HostPoints& x) {
  const HostPoints copy("rounded", x.extent(0), x.extent(1));
  for (std::size_t i = 0; i < x.extent(0); ++i)
    for (std::size_t k = 0; k < x.extent(1); ++k) copy(i, k) = static_cast<float>(x(i, k));
  return copy;
}

TEST(Embedding, EigenfunctionsTakeAnyView) {
  const Exec exec;
  const ModelData model = fit_generator(exec, to_device(exec, some_points(2000)), {.features = 25, .modes = 3});
  const Eigenfunctions<Exec> functions(exec, model);
  const HostPoints x = some_points(123);
  const Points<Exec> plain = to_device(exec, rounded(x));
  const auto expected = to_host(exec, functions.values(exec, plain));
  const Kokkos::View<double**, Kokkos::LayoutRight, Exec::memory_space> right("right", 123, static_cast<std::size_t>(functions.size()));
  functions.values(exec, strided_copy(x), right);
  const Kokkos::View<float**, Kokkos::LayoutLeft, Exec::memory_space> single("single", 123, static_cast<std::size_t>(functions.size()));
  functions.values(exec, plain, single);
  const auto found = to_host(exec, right);
  const auto found_single = to_host(exec, single);
  for (std::size_t i = 0; i < 123; ++i)
    for (std::size_t k = 0; k < expected.extent(1); ++k) {
      EXPECT_EQ(found(i, k), expected(i, k));
      EXPECT_EQ(found_single(i, k), static_cast<float>(expected(i, k)));
    }
  EXPECT_THROW(functions.values(exec, strided_copy(x), Kokkos::View<double**, Exec::memory_space>("short", 12, 1)), InvalidInput);
}

TEST(Embedding, StreamsTakeWeightsFromViews) {
  const Exec exec;
  const OnlineOptions<Exec> options{.fit = {.features = 12, .modes = 2}, .first_rows = 500, .reservoir = 500};
  const HostPoints x = some_points(1000);
  const Kokkos::View<float*, Exec::memory_space> weights("weights", 1000);
  const auto host = Kokkos::create_mirror_view(weights);
  std::vector<double> plain;
  for (std::size_t i = 0; i < 1000; ++i) {
    host(i) = 1 + static_cast<float>(i % 7) / 8;
    plain.push_back(host(i));
  }
  Kokkos::deep_copy(weights, host);
  OnlineFit<Exec> a(exec, 2, options), b(exec, 2, options);
  a.add(exec, strided_copy(x), weights);
  b.add(exec, to_device(exec, rounded(x)), plain);
  const auto one = a.model(exec).spectrum.read_out.values, other = b.model(exec).spectrum.read_out.values;
  ASSERT_FALSE(one.empty());
  EXPECT_EQ(one, other);
}

/// What a stream of these rows says, on this instance.
std::vector<double> learned(const Exec& exec, const HostPoints& x) {
  OnlineFit<Exec> online(exec, 2, {.fit = {.features = 25, .modes = 2}, .first_rows = 500, .reservoir = 500});
  for (std::size_t first = 0; first < x.extent(0); first += 500)
    online.add(exec, to_device(exec, Kokkos::subview(x, std::pair(first, first + 500), Kokkos::ALL)));
  return online.model(exec).spectrum.read_out.values;
}

TEST(Embedding, TwoThreadsDoNotDisturbEachOther) {
  std::vector<Exec> instances{Exec(), Exec()};
  if (Exec().concurrency() > 1) {
    const auto parts = Kokkos::Experimental::partition_space(Exec(), 1, 1);
    instances = {parts[0], parts[1]};
  }
  const HostPoints x = some_points(3000), y = draw_exact("quadruple-well", 3000, {}, 6);
  const auto of_x = learned(Exec(), x), of_y = learned(Exec(), y);
  std::vector<double> first, second;
  std::thread one([&] { first = learned(instances[0], x); }), other([&] { second = learned(instances[1], y); });
  one.join();
  other.join();
  EXPECT_EQ(first, of_x);
  EXPECT_EQ(second, of_y);
}

std::set<std::string> regions;
void remember(const char* name) { regions.insert(name); }

TEST(Embedding, ProfilersSeeTheStepsByName) {
  if (Kokkos::Tools::profileLibraryLoaded()) GTEST_SKIP() << "a tool is loaded";
  const Exec exec;
  regions.clear();
  Kokkos::Tools::Experimental::set_push_region_callback(remember);
  Kokkos::Tools::Experimental::set_pop_region_callback([] {});
  const ModelData model = fit_generator(exec, to_device(exec, some_points(2000)), {.features = 25, .modes = 3});
  const Points<Exec> particles = to_device(exec, normal_start(model, 100));
  Flow<Exec>(exec, Model<Exec>(exec, model), {.max_steps = 2}).run(particles);
  OnlineFit<Exec> online(exec, 2, {.fit = {.features = 12, .modes = 2}, .first_rows = 500, .reservoir = 500});
  online.add(exec, to_device(exec, some_points(600)));
  (void)online.model(exec);
  Kokkos::Tools::Experimental::set_push_region_callback(nullptr);
  Kokkos::Tools::Experimental::set_pop_region_callback(nullptr);
  for (const char* name :
       {"fit_generator", "walk_folds", "fit::moments", "MomentTile::evaluate", "MomentAccumulator::add", "factorise", "fit::eigenpairs", "Flow::run",
        "Flow::step", "Flow::level", "OnlineFit::add", "OnlineFit::lay_out", "OnlineFit::model", "algebra::multiply", "algebra::add_gram", "algebra::cholesky"})
    EXPECT_TRUE(regions.count(std::string("kswgd::") + name)) << name;
}

}  // namespace
