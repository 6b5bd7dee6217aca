// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <figure.hpp>
#include <gtest/gtest.h>
#include <pairs.hpp>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

namespace kswgd::plot {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();

/// What an SVG of the panels says.
std::string drawn(const std::vector<Panel>& panels) {
  const std::string path = std::filesystem::temp_directory_path() / ("kswgd-panels-" + std::to_string(getpid()) + ".svg");
  draw_figure(path, panels);
  std::ifstream stream(path);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  std::filesystem::remove(path);
  return text;
}

/// How many points an SVG shows.
std::size_t marks(const std::string& svg) {
  std::size_t count = 0;
  for (std::size_t at = svg.find("<use xlink:href='#gpPt6'"); at != std::string::npos; at = svg.find("<use xlink:href='#gpPt6'", at + 1)) ++count;
  return count;
}

bool says(const std::string& svg, const std::string& text) { return svg.find(">" + text + "<") != std::string::npos; }

/// Points (i, 50 + i / n, 7).
HostPoints line_of(std::size_t n) {
  const HostPoints points("points", n, 3);
  for (std::size_t i = 0; i < n; ++i) {
    points(i, 0) = static_cast<double>(i);
    points(i, 1) = 50 + static_cast<double>(i) / static_cast<double>(n);
    points(i, 2) = 7;
  }
  return points;
}

HostPoints plane_of(std::size_t n) { return HostPoints(Kokkos::subview(line_of(n), Kokkos::ALL, std::pair<int, int>(0, 2))); }

class Panels : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
  }
};

TEST_F(Panels, ParticlesThatAreNoNumbersAreLeftOutAndCounted) {
  const HostPoints lost = plane_of(40);
  for (std::size_t i = 0; i < 10; ++i) lost(i, 0) = i % 2 == 0 ? nan : infinite;
  lost(10, 1) = -infinite;
  const std::string svg = drawn({{.title = "data", .plane = plane_of(20)}, {.title = "diverged", .plane = lost}});
  EXPECT_EQ(marks(svg), 20u + 29u);
  EXPECT_TRUE(says(svg, "data (n = 20)"));
  EXPECT_TRUE(says(svg, "diverged (n = 40, 11 not finite)"));

  const HostPoints line("line", 4, 1);
  line(0, 0) = nan;
  EXPECT_TRUE(says(drawn({{.title = "line", .plane = line}}), "line (n = 4, 1 not finite)"));
}

TEST_F(Panels, NothingButNaNIsAnEmptyPanel) {
  const HostPoints lost = plane_of(3);
  Kokkos::deep_copy(lost, nan);
  EXPECT_EQ(marks(drawn({{.title = "data", .plane = plane_of(5)}, {.title = "diverged", .plane = lost}})), 5u);
  EXPECT_EQ(marks(drawn({{.title = "diverged", .plane = lost}})), 0u);
}

TEST_F(Panels, PairsOfColumnsHaveAxesOfTheirOwn) {
  const std::string svg = drawn(pair_panels({}, {"data", line_of(100)}, {"a", "b", "c"}));
  EXPECT_EQ(marks(svg), 300u + 1u);  // and the legend's
  // Tics of the density of a, of b, and of the constant c.
  for (const char* tic : {" 80", " 50.6", " 7.5"}) EXPECT_TRUE(says(svg, tic)) << tic;
}

TEST_F(Panels, ConstantsOfAnySizeAreDrawn) {
  for (const double value : {0.0, -3.0, 1e17, 1e-300, -1e300}) {
    const HostPoints points = plane_of(10);
    for (std::size_t i = 0; i < 10; ++i) points(i, 1) = value;
    EXPECT_EQ(marks(drawn({{.title = "plane", .plane = points}})), 10u) << value;
    EXPECT_EQ(marks(drawn(pair_panels({}, {"pairs", points}, {"a", "b"}))), 10u + 1u) << value;
  }
}

}  // namespace
}  // namespace kswgd::plot
