// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/geometry/frame.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class Frames : public ::testing::Test {};
TYPED_TEST_SUITE(Frames, ExecutionSpaces);

/// Angles in degrees beside a coordinate in metres.
HostPoints angles_and_metres(Index n) {
  const auto points = cloud(n, {0, 5}, 1, 3);
  for (Index i = 0; i < n; ++i) points(i, 0) = 360 * IndexedRandom(4, 0).uniform(static_cast<std::uint64_t>(i)) - 180;
  return points;
}

template <class Exec>
Points<Exec> same_size(const Points<Exec>& like, Index columns) {
  return allocate<Points<Exec>>(Exec{}, "frame", like.extent(0), columns);
}

TYPED_TEST(Frames, PointsComeBackAsTheyWent) {
  const TypeParam exec;
  const auto host = angles_and_metres(500);
  const auto points = on_device<TypeParam>(host);
  const Frame<TypeParam> frame(exec, frame_of(exec, make_source(exec, points), parse_geometry("periodic:360,0", 2)));
  EXPECT_EQ(frame.dimension(), 2);
  EXPECT_EQ(frame.inner_dimension(), 3);
  const auto inside = same_size<TypeParam>(points, 3), back = same_size<TypeParam>(points, 2);
  frame.enter(exec, 500, points, inside);
  frame.leave(exec, 500, inside, back);
  EXPECT_TRUE(same(back, points, 1e-12, 1e-11));
}

TYPED_TEST(Frames, AWalkIsTheEmbeddingByHand) {
  const TypeParam exec;
  const auto host = angles_and_metres(300);
  const auto points = on_device<TypeParam>(host);
  const FrameData data = frame_of(exec, make_source(exec, points), parse_geometry("periodic:360,0", 2));
  const Frame<TypeParam> frame(exec, data);
  const double radius = 360 / (2 * M_PI), scale = data.normalisation.scale;
  Index rows = 0;
  frame.walk(exec, make_source(exec, points), 3, [&](Index first, Index count, const Points<TypeParam>& x) {
    const auto inside = on_host(x);
    for (Index i = 0; i < count; ++i) {
      const double angle = host(first + i, 0) / radius;
      const double expected[3] = {radius * std::cos(angle), radius * std::sin(angle), host(first + i, 1)};
      for (Index k = 0; k < 3; ++k) EXPECT_NEAR(inside(i, k), (expected[k] - data.normalisation.mean[static_cast<std::size_t>(k)]) / scale, 1e-12);
    }
    rows += count;
  });
  EXPECT_EQ(rows, 300);
}

TYPED_TEST(Frames, GradientsAreThoseOfTheCallersCoordinates) {
  // f = cos(angle) + 2 z in the embedding's coordinates: gradient (1 / R, 0, 2) of the unscaled ones, times the scale inside.
  const TypeParam exec;
  const auto host = angles_and_metres(50);
  const auto points = on_device<TypeParam>(host);
  const Frame<TypeParam> frame(exec, frame_of(exec, make_source(exec, points), parse_geometry("periodic:360,0", 2)));
  const double radius = 360 / (2 * M_PI), scale = frame.data().normalisation.scale;
  const auto inside = same_size<TypeParam>(points, 3), g = same_size<TypeParam>(points, 2);
  frame.enter(exec, 50, points, inside);
  const HostPoints gradient("gradient", 50, 3);
  for (Index i = 0; i < 50; ++i) {
    gradient(i, 0) = scale / radius;
    gradient(i, 2) = 2 * scale;
  }
  frame.gradient_out(exec, 50, inside, on_device<TypeParam>(gradient), g);
  const auto found = on_host(g);
  for (Index i = 0; i < 50; ++i) {
    EXPECT_NEAR(found(i, 0), -std::sin(host(i, 0) / radius) / radius, 1e-13);
    EXPECT_NEAR(found(i, 1), 2, 1e-12);
  }
}

TYPED_TEST(Frames, PointsOffTheManifoldAreRefusedWhileTheyAreRead) {
  const TypeParam exec;
  auto host = cloud(100, {0, 0, 0}, 1, 5);
  for (Index i = 0; i < 100; ++i) {
    const double radius = std::sqrt(host(i, 0) * host(i, 0) + host(i, 1) * host(i, 1) + host(i, 2) * host(i, 2));
    for (Index k = 0; k < 3; ++k) host(i, k) /= radius;
  }
  const auto good = on_device<TypeParam>(host);
  const Frame<TypeParam> frame(exec, frame_of(exec, make_source(exec, good), parse_geometry("sphere", 3)));
  host(17, 0) += 0.5;
  const auto bad = on_device<TypeParam>(host);
  const auto walk = [&] { frame.walk(exec, make_source(exec, bad), 3, [](Index, Index, const Points<TypeParam>&) {}); };
  EXPECT_TRUE(contains(message_of<InvalidInput>(walk), "row 17"));
}

TYPED_TEST(Frames, SayWhereAPeriodIsInAnotherUnit) {
  const auto source = make_source(TypeParam{}, on_device<TypeParam>(angles_and_metres(5000)));
  const auto notes = [&](const char* geometry) { return notes_on_periods(TypeParam{}, source, parse_geometry(geometry, 2)); };
  EXPECT_TRUE(notes("periodic:360,0").empty());
  EXPECT_TRUE(notes("euclidean").empty());
  const auto radians = notes("periodic:6.283185307179586,0");
  ASSERT_EQ(radians.size(), 1U);
  EXPECT_NE(radians[0].find("column 0 spans 57.3 periods of 6.28"), std::string::npos) << radians[0];
  const auto metres = notes("periodic:360,1000");
  ASSERT_EQ(metres.size(), 1U);
  EXPECT_NE(metres[0].find("column 1 spans 0."), std::string::npos) << metres[0];
}

}  // namespace
