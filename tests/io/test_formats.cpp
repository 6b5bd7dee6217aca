// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <limits>

#include "scratch.hpp"

namespace kswgd::io::test {
namespace {

using Formats = Scratch;

TEST_F(Formats, ComeBackFromEachFormat) {
  const auto points = ramp(7, 3, 1.0 / 3);
  for (const char* name : {"a.h5", "a.hdf5", "a.npy", "a.csv", "A.CSV"}) {
    SCOPED_TRACE(name);
    write_points(path(name), points, {});
    const Table data = read_points(path(name));
    expect_equal(data.points, points);
    EXPECT_FALSE(data.is_trajectory());
    EXPECT_EQ(read_points(path(name), {.as_trajectory = true}).lengths, std::vector<Index>{7});
    EXPECT_EQ(data.dt, 0);
  }
  EXPECT_EQ(files(), 5U);
}

TEST_F(Formats, OfOneColumnAndOneRow) {
  for (const char* name : {"a.h5", "a.npy", "a.csv"}) {
    write_points(path(name), ramp(1, 1), {});
    expect_equal(read_points(path(name)).points, ramp(1, 1));
  }
}

TEST_F(Formats, AStrideBeyondAllRowsKeepsTheFirst) {
  for (const char* name : {"a.h5", "a.npy", "a.csv"}) {
    SCOPED_TRACE(name);
    write_points(path(name), ramp(3, 40), {});
    const auto points = read_points(path(name), {.stride = Index{1'000'000'000'000'000'000}}).points;
    ASSERT_EQ(points.extent(0), 1U);
    EXPECT_EQ(points(0, 39), ramp(3, 40)(0, 39));
  }
  // By rows, as NumPy writes it: a piece of the file is as many numbers as the stride times the width.
  std::string bytes("\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", 70);
  bytes.resize(79, ' ');
  bytes += '\n';
  for (double value = 1; value <= 6; ++value) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  const auto points = read_points(write("b.npy", bytes), {.stride = std::numeric_limits<Index>::max() / 2}).points;
  ASSERT_EQ(points.extent(0), 1U);
  EXPECT_EQ(points(0, 2), 3);
}

TEST_F(Formats, MoreThanABuffer) {
  const auto points = ramp(300000, 5);
  write_points(path("a.h5"), points, {});
  expect_equal(read_points(path("a.h5")).points, points);
}

TEST_F(Formats, TrajectoriesKeepOrderAndDt) {
  const auto frames = ramp(33, 2);
  write_trajectories(path("t.h5"), frames, 11, 0.25, {});
  const Table data = read_points(path("t.h5"));
  EXPECT_TRUE(data.is_trajectory());
  EXPECT_EQ(data.dt, 0.25);
  EXPECT_EQ(data.lengths, std::vector<Index>(11, 3));
  expect_equal(data.points, frames);

  const Table one = read_points(path("t.h5"), {.dataset = "trajectories/" + data.names[3]});
  EXPECT_TRUE(one.is_trajectory());
  EXPECT_EQ(one.dt, 0.25);
  EXPECT_EQ(one.points(2, 1), frames(11, 1));

  const Table thinned = read_points(path("t.h5"), {.stride = 2});
  EXPECT_EQ(thinned.dt, 0.5);
  EXPECT_EQ(thinned.lengths, std::vector<Index>(11, 2));
  EXPECT_EQ(thinned.points(1, 0), frames(2, 0));
  EXPECT_EQ(thinned.points(2, 0), frames(3, 0));  // each trajectory starts anew
}

TEST_F(Formats, NamesWithNumbersAreInTheirOrder) {
  std::vector<Array> arrays;
  for (int t = 11; t >= 0; --t) arrays.push_back({"/trajectories/walker-" + std::to_string(t), {1, 1}, {double(t)}, 0.5});
  write_arrays(path("t.h5"), arrays);
  const Table data = read_points(path("t.h5"));
  for (std::size_t t = 0; t < 12; ++t) EXPECT_EQ(data.points(t, 0), double(t));
}

/// Whatever their length: an order in which three names come each before the next is none, and sorting by it leaves the memory.
TEST_F(Formats, NumbersOfAnyLengthAreInTheirOrder) {
  const std::vector<std::string> ordered{"1", "02", "5", "10", "10a", "999999999999999999", "1000000000000000000", "99999999999999999999999", "a2", "a10", "b"};
  std::vector<Array> arrays;
  for (std::size_t t = ordered.size(); t > 0; --t) arrays.push_back({"/trajectories/" + ordered[t - 1], {2, 1}, {static_cast<double>(t - 1), 0}, 1});
  write_arrays(path("n.h5"), arrays);
  EXPECT_EQ(read_points(path("n.h5")).names, ordered);
}

TEST_F(Formats, PatternsNameFiles) {
  for (const int n : {1, 2, 10}) write_points(path("walk-" + std::to_string(n) + ".npy"), ramp(3, 2, 100 * n), {});
  write_points(path("other.h5"), ramp(3, 2, 5), {});
  const Table all = read_points(path("walk-*.npy"));
  ASSERT_EQ(all.rows(), 9);
  for (const std::size_t t : {0U, 1U, 2U}) EXPECT_EQ(all.points(3 * t, 0), (t == 2 ? 1000 : 100 * (t + 1)) + 0.125);
  EXPECT_EQ(all.lengths, (std::vector<Index>{3, 3, 3}));
  EXPECT_EQ(read_points(path("walk-[12].npy")).rows(), 6);
  EXPECT_EQ(read_points(path("walk-?0.npy")).rows(), 3);
  EXPECT_EQ(read_points(path("oth*.h5:/samples") + "," + path("walk-1.npy")).rows(), 6);
  EXPECT_EQ(read_points(path("walk-*.npy"), {.part = 1, .parts = 3}).points(0, 0), 200.125);
  for (const int n : {1, 2, 10}) write_points(path("w" + std::to_string(n) + ".csv"), ramp(3, 1, n), {});
  EXPECT_EQ(read_column(path("w*.csv"), all, "weights")[6], 10.125);
  EXPECT_REFUSED(read_points(path("run-*.npy")), "run-*.npy", "none that matches it");
  write_points(path("a[1].npy"), ramp(4, 2), {});  // a file of that very name
  EXPECT_EQ(read_points(path("a[1].npy")).rows(), 4);
}

TEST_F(Formats, TrajectoriesOfDifferentDtAreRefused) {
  write_arrays(path("t.h5"), {{"/trajectories/a", {1, 1}, {1}, 0.5}, {"/trajectories/b", {1, 1}, {1}, 0.25}});
  EXPECT_REFUSED(read_points(path("t.h5")), "t.h5", "/trajectories/b has dt 0.25", "/trajectories/a has 0.5", "a lag would mean two times");
  write_arrays(path("t.h5"), {{"/trajectories/a", {1, 1}, {1}, 0.5}, {"/trajectories/b", {1, 1}, {1}}});
  EXPECT_REFUSED(read_points(path("t.h5")), "/trajectories/b has dt 0.0");
  write_arrays(path("t.h5"), {{"/trajectories/a", {1, 1}, {1}, -1}});
  EXPECT_REFUSED(read_points(path("t.h5")), "/trajectories/a has a dt of -1");
}

TEST_F(Formats, GroupThatHoldsTrajectories) {
  write_arrays(path("g.h5"), {{"/dihedrals/trajectories/0", {3, 2}, {1, 2, 3, 4, 5, 6}},
                              {"/dihedrals/trajectories/1", {1, 2}, {7, 8}},
                              {"/other/samples", {1, 1}, {9}},
                              {"/weights", {4}, {1, 2, 3, 4}}});
  for (const char* name : {"dihedrals", "/dihedrals", "/dihedrals/", "/dihedrals/trajectories"}) {
    const Table data = read_points(path("g.h5"), {.dataset = name});
    EXPECT_EQ(data.lengths, (std::vector<Index>{3, 1}));
    EXPECT_EQ(data.points(3, 1), 8);
    EXPECT_TRUE(data.weights.empty());
  }
  EXPECT_EQ(read_points(path("g.h5"), {.dataset = "/other"}).points(0, 0), 9);
  EXPECT_EQ(read_points(path("g.h5"), {.dataset = "/dihedrals", .weights = "weights"}).weights, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_REFUSED(read_points(path("g.h5")), "g.h5", "no /samples and no /trajectories", "/dihedrals/trajectories/0 (3 x 2)");
  EXPECT_REFUSED(read_points(path("g.h5"), {.dataset = "/absent"}), "has no /absent", "/other/samples (1 x 1)");
  EXPECT_REFUSED(read_points(path("g.h5"), {.dataset = "/absent/deeper"}), "/absent/deeper");
}

TEST_F(Formats, Weights) {
  write_arrays(path("w.h5"), {{"/samples", {3, 1}, {1, 2, 3}}, {"/weights", {3}, {.5, 0, 2}}});
  EXPECT_EQ(read_points(path("w.h5")).weights, (std::vector<double>{.5, 0, 2}));
  EXPECT_EQ(read_points(path("w.h5"), {.stride = 2}).weights, (std::vector<double>{.5, 2}));
  EXPECT_EQ(read_points(path("w.h5"), {.weights = "/samples"}).weights, (std::vector<double>{1, 2, 3}));
  EXPECT_REFUSED(read_points(path("w.h5"), {.weights = "/absent"}), "/absent");
  write_arrays(path("short.h5"), {{"/samples", {3, 1}, {1, 2, 3}}, {"/weights", {2}, {1, 1}}});
  EXPECT_REFUSED(read_points(path("short.h5")), "2 weights in /weights for 3 points");
  write_arrays(path("bad.h5"), {{"/samples", {2, 1}, {1, 2}}, {"/weights", {2}, {1, -1}}});
  EXPECT_REFUSED(read_points(path("bad.h5")), "the weight -1");
}

TEST_F(Formats, RefusedHdf5) {
  EXPECT_REFUSED(read_points(path("none.h5")), "none.h5", "there is no file");
  EXPECT_REFUSED(read_points(m_folder.string()), "is a folder");
  EXPECT_REFUSED(read_points(write("a.xyz", "")), "a.xyz", "the extension must be");
  EXPECT_REFUSED(read_points(write("noextension", "")), "the extension must be");
  EXPECT_REFUSED(read_points(write("text.h5", "hello, world")), "text.h5", "not a whole HDF5 file");
  EXPECT_REFUSED(read_points(write("empty.h5", "")), "not a whole HDF5 file");
  write_arrays(path("nan.h5"), {{"/samples", {2, 3}, {1, 2, 3, 4, 5, std::nan("")}}});
  EXPECT_REFUSED(read_points(path("nan.h5")), "nan.h5", "/samples", "nan", "row 1", "column 2");
  write_arrays(path("inf.h5"), {{"/samples", {2, 1}, {HUGE_VAL, 1}}});
  EXPECT_REFUSED(read_points(path("inf.h5")), "inf", "row 0", "column 0");
  write_arrays(path("cube.h5"), {{"/samples", {2, 1, 1}, {1, 1}}});
  EXPECT_REFUSED(read_points(path("cube.h5")), "/samples", "3 dimensions");
  write_arrays(path("zero.h5"), {{"/samples", {0, 2}, {}}});
  EXPECT_REFUSED(read_points(path("zero.h5")), "holds no points");
  write_arrays(path("ragged.h5"), {{"/trajectories/0", {1, 2}, {1, 2}}, {"/trajectories/1", {1, 3}, {1, 2, 3}}});
  EXPECT_REFUSED(read_points(path("ragged.h5")), "3 coordinates in /trajectories/1", "2 in /trajectories/0");
  write_points(path("good.h5"), ramp(3, 1), {});
  EXPECT_REFUSED(read_points(path("good.h5"), {.stride = 0}), "stride");
}

TEST_F(Formats, TruncatedHdf5IsRefused) {
  write_points(path("whole.h5"), ramp(500, 3), {});
  const std::string whole = content(path("whole.h5"));
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    write("part.h5", whole.substr(0, length));
    EXPECT_REFUSED(read_points(path("part.h5")), "part.h5");
  }
}

TEST_F(Formats, CsvInItsManyForms) {
  const auto expect = [&](const std::string& text) {
    const Table data = read_points(write("a.csv", text));
    ASSERT_EQ(data.points.extent(0), 2U) << text;
    ASSERT_EQ(data.points.extent(1), 2U) << text;
    EXPECT_EQ(data.points(0, 0), 1);
    EXPECT_EQ(data.points(0, 1), -2.5);
    EXPECT_EQ(data.points(1, 0), 3e4);
    EXPECT_EQ(data.points(1, 1), 4);
  };
  expect("1,-2.5\n3e4,4\n");
  expect("1,-2.5\n3e4,4");
  expect("x,y\r\n1,-2.5\r\n3e4,4\r\n");
  expect("\"x\";\"y\"\n1;-2.5\n3e4;+4\n");
  expect("\xEF\xBB\xBF# made by hand\nx y\n  1   -2.5\n\n30000\t4.0  # last\n");
  EXPECT_EQ(read_points(write("tiny.csv", "1e-400\n")).points(0, 0), 0);
}

TEST_F(Formats, RefusedCsv) {
  EXPECT_REFUSED(read_points(write("a.csv", "x,y\n1,2\n3\n")), "a.csv", "line 3", "1 columns", "has 2");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n3,4,5\n")), "line 2", "3 columns");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n3,four\n")), "'four'", "line 2", "column 1", "not a number");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n3,\n")), "''", "line 2", "not a number");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\nnan,2\n")), "nan", "line 2", "column 0");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n1,1e999\n")), "inf", "line 2", "column 1");
  EXPECT_REFUSED(read_points(write("a.csv", "")), "holds no points");
  EXPECT_REFUSED(read_points(write("a.csv", "x,y\n")), "holds no points");
  EXPECT_REFUSED(read_points(write("a.csv", "1\n"), {.dataset = "/x"}), "only HDF5 files have datasets");
}

TEST_F(Formats, CsvThatSaysWhatToDo) {
  EXPECT_REFUSED(read_points(write("a.csv", "1,2,\n3,4,\n")), "line 1", "column 2", "a separator too many at the end");
  EXPECT_REFUSED(read_points(write("a.csv", "1,,3\n")), "line 1", "column 1", "fill the empty field");
  EXPECT_REFUSED(read_points(write("a.csv", "x;y\n1,5;2\n")), "line 2", "column 0", "'1,5'", "a decimal point, not a comma");
  EXPECT_REFUSED(read_points(write("a.csv", "\"1.5\",\"2\"\n\"1.5\",\"2\"\n")), "line 2", "column 0", "without quotes");
  EXPECT_REFUSED(read_points(write("a.csv", "x,y\n1,\"2\"\n")), "line 2", "column 1", "without quotes");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\r3,4\r")), "line 1", "a carriage return within it");
  EXPECT_REFUSED(read_points(write("a.csv", std::string("\xFF\xFE\x31\x00,\x00", 6))), "line 1", "not plain text");
  EXPECT_REFUSED(read_points(write("a.csv", std::string("1,2\n3,\0004\n", 9))), "line 2", "not plain text");
  EXPECT_REFUSED(read_points(write("a.csv", "1 2\n\n# none\n3 4 5\n")), "line 4", "3 columns");
}

TEST_F(Formats, CsvWithALongLineAndNames) {
  std::string text, row;
  for (int k = 0; k < 200000; ++k) row += (k ? "," : "") + std::to_string(k);
  const Table wide = read_points(write("a.csv", row + "\n" + row));
  EXPECT_EQ(wide.points.extent(1), 200000U);
  EXPECT_EQ(wide.points(1, 199999), 199999);
  EXPECT_TRUE(wide.columns.empty());
  EXPECT_EQ(read_points(write("a.csv", "\xEF\xBB\xBF\"r, in nm\";'phi'; psi\r\n1;2;3\r\n")).columns, (std::vector<std::string>{"r, in nm", "phi", "psi"}));
}

TEST_F(Formats, AColumnWithoutANameNumbersTheRows) {
  for (const char* header : {",x,y", "\"\",\"x\",\"y\""}) {
    const Table data = read_points(write("a.csv", std::string(header) + "\n0,1.5,2\n1,3,4\n"));
    EXPECT_EQ(data.columns, (std::vector<std::string>{"x", "y"}));
    ASSERT_EQ(data.points.extent(1), 2U);
    EXPECT_EQ(data.points(0, 0), 1.5);
    EXPECT_EQ(data.points(1, 1), 4);
  }
  EXPECT_EQ(read_points(write("a.csv", ",x\nfirst,1\nsecond,2\n")).points(1, 0), 2);  // names of rows
  EXPECT_REFUSED(read_points(write("a.csv", ",x,y\n0,1,two\n")), "line 2", "column 1", "'two'");
}

std::string npy(int version, const std::string& header, const std::string& numbers) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  for (int b = 0; b < (version == 1 ? 2 : 4); ++b) text += static_cast<char>(header.size() >> (8 * b));
  return text + header + numbers;
}

template <class T>
std::string bytes(std::initializer_list<T> values, bool swapped = false) {
  std::string text;
  for (const T value : values) {
    std::string one(reinterpret_cast<const char*>(&value), sizeof value);
    text += swapped ? std::string(one.rbegin(), one.rend()) : one;
  }
  return text;
}

TEST_F(Formats, NpyTypesOrdersAndVersions) {
  const auto expect = [&](const std::string& text) {
    const Table data = read_points(write("a.npy", text));
    ASSERT_EQ(data.points.extent(0), 3U);
    ASSERT_EQ(data.points.extent(1), 2U);
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t k = 0; k < 2; ++k) EXPECT_EQ(data.points(i, k), 1.0 + 2.0 * double(i) + double(k));
    }
  };
  const std::string c = ", 'fortran_order': False, 'shape': (3, 2), }\n", f = ", 'fortran_order': True, 'shape': (3, 2), }\n";
  expect(npy(1, "{'descr': '<f8'" + c, bytes<double>({1, 2, 3, 4, 5, 6})));
  expect(npy(2, "{'descr': '<f8'" + f, bytes<double>({1, 3, 5, 2, 4, 6})));
  expect(npy(3, "{'descr': '>f4'" + c, bytes<float>({1, 2, 3, 4, 5, 6}, true)));
  expect(npy(1, "{'descr': '|u1'" + c, bytes<std::uint8_t>({1, 2, 3, 4, 5, 6})));
  expect(npy(1, "{'descr': '<i2'" + f, bytes<std::int16_t>({1, 3, 5, 2, 4, 6})));
  expect(npy(1, "{'descr': '>i8'" + c, bytes<std::int64_t>({1, 2, 3, 4, 5, 6}, true)));
  const Table thinned = read_points(path("a.npy"), {.stride = 2});
  EXPECT_EQ(thinned.points.extent(0), 2U);
  EXPECT_EQ(thinned.points(1, 1), 6);
  const Table line = read_points(write("line.npy", npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", bytes<float>({1, 2}))));
  EXPECT_EQ(line.points.extent(1), 1U);
  EXPECT_EQ(line.points(1, 0), 2);
}

TEST_F(Formats, RefusedNpy) {
  const auto header = [](const std::string& type, const std::string& shape) {
    return "{'descr': " + type + ", 'fortran_order': False, 'shape': " + shape + ", }\n";
  };
  EXPECT_REFUSED(read_points(write("a.npy", "no")), "a.npy", "not a NumPy file");
  EXPECT_REFUSED(read_points(write("a.npy", npy(9, header("'<f8'", "(1, 1)"), ""))), "version 9");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<c16'", "(1, 1)"), bytes<double>({1, 1})))), "'<c16'", "not supported");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f2'", "(1, 1)"), "ab"))), "'<f2'", "not supported");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("[('x', '<f8')]", "(1,)"), bytes<double>({1})))), "records");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(2, 2)"), bytes<double>({1, 2, 3})))), "truncated", "2 x 2", "3 are there");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1125899906842624, 2)"), ""))), "truncated");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1, 1, 1)"), bytes<double>({1})))), "3 dimensions");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(0, 2)"), ""))), "holds no points");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1, 2)"), bytes<double>({1, std::nan("")})))), "nan", "row 0", "column 1");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1000000000000000, 0)"), ""))), "holds no points");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(-2, 1)"), bytes<double>({1, 1})))), "a shape that cannot be", "(-2, 1)");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(99999999999999999999999, 1)"), ""))), "a shape that cannot be");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "7"), ""))), "no tuple");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "()"), bytes<double>({1})))), "0 dimensions");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<M8[ns]'", "(1, 1)"), bytes<double>({1})))), "'<M8[ns]'", "not supported");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'|O'", "(1, 1)"), bytes<double>({1})))), "'|O'", "not supported");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, "{'descr': '<f8', 'fortran_order': 1, 'shape': (1, 1), }\n", bytes<double>({1})))),
                 "neither True nor False");
  EXPECT_REFUSED(read_points(write("a.npy", npy(2, std::string(std::size_t{1} << 21, ' '), ""))), "header claims 2097152 bytes");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1, 1)"), "").substr(0, 40))), "truncated within its header");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, "{}\n", ""))), "header");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, "{'descr':", ""))), "header");
}

TEST_F(Formats, TrajectoriesNeedHdf5) {
  EXPECT_REFUSED(write_trajectories(path("two.npy"), ramp(4, 1), 2, 0.1, {}), "two.npy", "HDF5");
  EXPECT_EQ(files(), 0U);
}

TEST_F(Formats, TheStampIsKeptInFull) {
  write_points(path("a.h5"), ramp(2, 1), {18446744073709551615U, "0.1", "abc", "Serial", std::string(100000, 'c')});
  const auto file = hdf5::File::open(path("a.h5"));
  EXPECT_EQ(file.read_text("/", "seed", ""), "18446744073709551615");
  EXPECT_EQ(file.read_text("/", "version", ""), "0.1");
  EXPECT_EQ(file.read_text("/", "command", "").substr(0, 5), "ccccc");
  EXPECT_EQ(file.attributes("/").size(), 5U);
  EXPECT_FALSE(describe(path("a.h5")).empty());
}

}  // namespace
}  // namespace kswgd::io::test
