// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "support/refusal.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/check.hpp>
#include <sstream>

#include "../../src/io/hdf5.hpp"

namespace kswgd::io::test {

/// A folder of its own for each test.
class Scratch : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::string(std::filesystem::temp_directory_path()) + "/kswgd-io-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    m_folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(m_folder); }

  std::string path(const std::string& name) const { return (m_folder / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::filesystem::remove(path(name));  // a new file is not flushed at close, one that was truncated may be
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  static std::string content(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(m_folder), {})); }

  std::filesystem::path m_folder;
};

using kswgd::test::refusal;

/// EXPECT that a call throws InvalidInput whose message has all these parts.
#define EXPECT_REFUSED(call, ...)                                                         \
  do {                                                                                    \
    const std::string message = ::kswgd::io::test::refusal([&] { (void)(call); });        \
    EXPECT_NE(message, "") << "not refused";                                              \
    for (const std::string& part : std::initializer_list<std::string>{__VA_ARGS__}) {     \
      EXPECT_NE(message.find(part), std::string::npos) << "the message was: " << message; \
    }                                                                                     \
  } while (false)

/// An array of any shape, row by row.
struct Array {
  std::string path;
  std::vector<hsize_t> shape;
  std::vector<double> values;
  double dt = 0;  ///< an attribute, where it is not 0
};

/// An HDF5 file with these arrays: what a user might bring.
inline void write_arrays(const std::string& path, const std::vector<Array>& arrays) {
  AtomicFile out(path);
  auto file = hdf5::File::create(out);
  for (const auto& array : arrays) {
    file.write_array(array.path, array.values.data(), array.shape);
    if (array.dt != 0) file.write_number(array.path, "dt", array.dt);
  }
  file.close();
  out.commit();
}

/// points(i, k) = first + 10 i + k + 1/8.
inline HostPoints ramp(Index rows, Index columns, double first = 0) {
  HostPoints points("ramp", static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    for (std::size_t k = 0; k < points.extent(1); ++k) points(i, k) = first + 10.0 * double(i) + double(k) + 0.125;
  }
  return points;
}

template <class A, class B>
void expect_equal(const A& a, const B& b) {
  ASSERT_EQ(a.extent(0), b.extent(0));
  ASSERT_EQ(a.extent(1), b.extent(1));
  for (std::size_t i = 0; i < a.extent(0); ++i) {
    for (std::size_t k = 0; k < a.extent(1); ++k) ASSERT_EQ(a(i, k), b(i, k)) << "row " << i << ", column " << k;
  }
}

}  // namespace kswgd::io::test
