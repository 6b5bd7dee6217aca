// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/check.hpp>

#include <filesystem>
#include <fstream>

namespace {

using namespace kswgd;
using namespace kswgd::test;
namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    m_folder = fs::path(::testing::TempDir()) / ("kswgd-io-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(m_folder);
    fs::create_directories(m_folder);
  }
  void TearDown() override { fs::remove_all(m_folder); }
  std::string in(const std::string& name) const { return (m_folder / name).string(); }
  std::string text(const std::string& name, const std::string& content) const {
    std::ofstream(in(name)) << content;
    return in(name);
  }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(m_folder), fs::directory_iterator())); }
  fs::path m_folder;
};

std::string refusal(const std::string& path, const io::ReadOptions& options = {}) {
  return message_of<InvalidInput>([&] { io::read_points(path, options); });
}

TEST_F(Files, PointsComeBackTheSameInEachFormat) {
  const auto points = cloud(57, {1, 2, 3}, 1, 1);
  for (const char* name : {"x.h5", "x.npy", "x.csv"}) {
    io::write_points(in(name), points, {});
    EXPECT_TRUE(same(io::read_points(in(name)).points, points, 0)) << name;  // to the bit, CSV too
  }
  EXPECT_EQ(files(), 3U);
}

TEST_F(Files, TrajectoriesComeBackWithTheirLengthsAndTimeStep) {
  const auto frames = cloud(60, {0, 0}, 1, 2);
  io::write_trajectories(in("t.h5"), frames, 12, 0.25, {});
  const auto data = io::read_points(in("t.h5"));
  EXPECT_TRUE(same(data.points, frames, 0));
  EXPECT_EQ(data.lengths, std::vector<Index>(12, 5));
  EXPECT_EQ(data.dt, 0.25);
  const auto strided = io::read_points(in("t.h5"), {.stride = 2});
  EXPECT_EQ(strided.lengths, std::vector<Index>(12, 3));
  EXPECT_EQ(strided.dt, 0.5);
  EXPECT_EQ(strided.points(3, 0), frames(5, 0));  // the first frame of the second trajectory
  EXPECT_EQ(io::read_points(in("t.h5"), {.dataset = "/trajectories/03"}).points.extent(0), 5U);
}

TEST_F(Files, TextHasHeadersCommentsAndAnySeparator) {
  const auto data = io::read_points(text("a.csv", "x, y\n# a comment\n1, 2\n\n3;4\n5\t6e-1  # and another\n"));
  ASSERT_EQ(data.points.extent(0), 3U);
  EXPECT_EQ(data.points(2, 1), 0.6);
}

TEST_F(Files, ColumnsAreChosenByNameOrNumber) {
  const std::string table = text("a.csv", "id,sex,\"wage, hourly\",age\n7,female,1.5,30\n8,male,2.5,40\n");
  const auto data = io::read_points(table, {.columns = {io::split_names("age, \"wage, hourly\"")}});
  EXPECT_EQ(data.columns, (std::vector<std::string>{"age", "wage, hourly"}));
  ASSERT_EQ(data.points.extent(0), 2U);
  EXPECT_EQ(data.points(1, 0), 40);
  EXPECT_EQ(data.points(1, 1), 2.5);
  EXPECT_EQ(io::read_points(table, {.columns = {{"c3"}}}).points(0, 0), 30);
  EXPECT_TRUE(contains(refusal(table), "line 2: 'female' is not a number"));
  EXPECT_TRUE(contains(refusal(table, {.columns = {{"age", "weight"}}}), "has no column 'weight': its columns are 'id', 'sex', 'wage, hourly', 'age'"));
  EXPECT_TRUE(contains(refusal(table, {.columns = {{"age", "c3"}}}), "the column 'c3' is chosen twice"));
  EXPECT_TRUE(contains(refusal(text("b.csv", "1,2\n"), {.columns = {{"c2"}}}), "its columns have no names but c0 to c1"));
  EXPECT_TRUE(contains(refusal(text("c.csv", "a,a\n1,2\n"), {.columns = {{"a"}}}), "has two columns 'a'"));

  const auto points = cloud(30, {1, 2, 3}, 1, 3);
  io::write_points(in("x.h5"), points, {}, {"a", "b", "c"});
  io::write_points(in("x.npy"), points, {});
  io::write_points(in("x.csv"), points, {}, {"a", "b", "c"});
  for (const char* name : {"x.h5", "x.npy", "x.csv", "x.csv,x.h5"}) {
    const std::string list = std::string(name) == "x.csv,x.h5" ? in("x.csv") + "," + in("x.h5") : in(name);
    const io::ColumnChoice choice{std::string(name) == "x.npy" ? std::vector<std::string>{"2", "c0"} : std::vector<std::string>{"c", "a"}};
    for (const bool in_place : {false, true}) {
      const io::Table table = io::read_points(list, {.stride = 2, .in_place = in_place, .columns = choice});
      const HostPoints found = in_place ? HostPoints("found", 15, 2) : table.points;
      if (in_place) table.reader(0, 15, found, 0);
      for (Index i = 0; i < 15; ++i) {
        EXPECT_EQ(found(i, 0), points(2 * i, 2)) << list;
        EXPECT_EQ(found(i, 1), points(2 * i, 0)) << list;
      }
    }
  }
}

// Columns that are wished for are those of their names wherever they stand, and never others of the same place.
TEST_F(Files, WishedColumnsAreTakenByName) {
  const auto wish = [](std::vector<std::string> names) { return io::ReadOptions{.columns = {std::move(names), true}}; };
  const std::string swapped = text("s.csv", "b,note,a\n2,x,1\n");
  EXPECT_EQ(io::read_points(swapped, wish({"a", "b"})).points(0, 0), 1);
  EXPECT_EQ(io::read_points(text("n.csv", "2,1\n"), wish({"a", "b"})).points(0, 0), 2);       // no names: as they come
  EXPECT_EQ(io::read_points(text("o.csv", "u,v\n2,1\n"), wish({"a", "b"})).points(0, 0), 2);  // others: the caller may say so
  EXPECT_EQ(io::read_points(text("p.csv", "a,v\n2,1\n"), wish({"a", "b"})).points(0, 0), 2);
  EXPECT_TRUE(contains(refusal(text("q.csv", "v,a\n2,1\n"), wish({"a", "b"})), "has 'a' in another place than where it is wanted, and no 'b'"));
}

TEST_F(Files, NumpyTypesAndOrders) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  header.append(128 - 10 - header.size() - 1, ' ');
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(118) + std::string(1, '\0') + header + "\n";
  for (const float value : {1.F, 2.F, 3.F, 4.F, 5.F, 6.F}) bytes.append(reinterpret_cast<const char*>(&value), 4);
  std::ofstream(in("a.npy"), std::ios::binary) << bytes;
  const auto points = io::read_points(in("a.npy")).points;
  EXPECT_EQ(points(0, 2), 3);
  EXPECT_EQ(points(1, 0), 4);
  std::ofstream(in("b.npy"), std::ios::binary) << bytes.substr(0, bytes.size() - 1);
  EXPECT_TRUE(contains(refusal(in("b.npy")), "is truncated"));
}

TEST_F(Files, RefusalsNameFileAndPlace) {
  EXPECT_TRUE(contains(refusal(in("none.h5")), "there is no file"));
  EXPECT_TRUE(contains(refusal(text("ragged.csv", "1,2\n3,4,5\n")), "ragged.csv', line 2: 3 columns where the first line has 2"));
  EXPECT_TRUE(contains(refusal(text("word.csv", "1,2\n3,four\n")), "line 2: 'four' is not a number"));
  EXPECT_TRUE(contains(refusal(text("nan.csv", "1,2\n3,nan\n")), "nan in row 1, column 1"));
  EXPECT_TRUE(contains(refusal(text("empty.csv", "")), "holds no points"));
  EXPECT_TRUE(contains(refusal(text("x.dat", "1 2")), "the extension must be"));
  EXPECT_TRUE(contains(refusal(text("text.h5", "1 2")), "is not a whole HDF5 file"));
  EXPECT_TRUE(contains(refusal(text("text.npy", "hello, this is text")), "is not a NumPy file"));
  io::write_points(in("p.h5"), cloud(5, {0}, 1, 1), {});
  EXPECT_TRUE(contains(refusal(in("p.h5"), {.dataset = "/nothing"}), "has no /nothing"));
  EXPECT_TRUE(contains(refusal(in("p.h5"), {.stride = 0}), "the stride must be at least 1"));
  fs::resize_file(in("p.h5"), fs::file_size(in("p.h5")) / 2);
  EXPECT_TRUE(contains(refusal(in("p.h5")), "is not a whole HDF5 file"));
}

TEST_F(Files, NothingIsLeftBehindWhenTheWorkFails) {
  try {
    const io::AtomicFile file(in("out.h5"));
    EXPECT_TRUE(fs::exists(file.temporary()));
    throw std::runtime_error("the work failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(files(), 0U);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { io::AtomicFile("/nowhere/at/all.h5"); }), "cannot write '/nowhere/at/all.h5'"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { io::AtomicFile(m_folder.string()); }), "is a folder, not a file"));
}

}  // namespace
