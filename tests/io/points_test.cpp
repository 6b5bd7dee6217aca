// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "scratch.hpp"

namespace kswgd::io::test {
namespace {

using Points = Scratch;

TEST_F(Points, come_back_from_each_format) {
  const auto points = ramp(7, 3, 1.0 / 3);
  for (const char* name : {"a.h5", "a.hdf5", "a.npy", "a.csv", "A.CSV"}) {
    SCOPED_TRACE(name);
    write_points(path(name), points);
    const DataSet data = read_points(path(name));
    expect_equal(data.points, points);
    EXPECT_EQ(data.lengths, std::vector<Index>{7});
    EXPECT_FALSE(data.is_trajectory);
    EXPECT_EQ(data.dt, 0);
  }
  EXPECT_EQ(files(), 5U);
}

TEST_F(Points, of_one_column_and_one_row) {
  for (const char* name : {"a.h5", "a.npy", "a.csv"}) {
    write_points(path(name), ramp(1, 1));
    expect_equal(read_points(path(name)).points, ramp(1, 1));
  }
}

TEST_F(Points, more_than_a_buffer) {
  const auto points = ramp(300000, 5);
  write_points(path("a.h5"), points);
  expect_equal(read_points(path("a.h5")).points, points);
}

TEST_F(Points, trajectories_keep_names_order_and_dt) {
  Trajectories written;
  for (int t = 0; t < 11; ++t) written.parts.push_back(ramp(2 + t, 2, 100 * t));
  written.dt = 0.25;
  write_trajectories(path("t.h5"), written);
  const DataSet data = read_points(path("t.h5"));
  EXPECT_TRUE(data.is_trajectory);
  EXPECT_EQ(data.dt, 0.25);
  ASSERT_EQ(data.names.size(), 11U);
  EXPECT_EQ(data.names[2], "2");  // and not "10"
  EXPECT_EQ(data.names[10], "10");
  EXPECT_EQ(data.lengths[10], 12);
  EXPECT_EQ(data.points(2, 1), 101.125);
  EXPECT_EQ(data.dataset, "/trajectories");

  const DataSet one = read_points(path("t.h5"), {.dataset = "trajectories/3"});
  expect_equal(one.points, written.parts[3]);
  EXPECT_TRUE(one.is_trajectory);
  EXPECT_EQ(one.dt, 0.25);

  const DataSet thinned = read_points(path("t.h5"), {.stride = 5});
  EXPECT_EQ(thinned.dt, 1.25);
  EXPECT_EQ(thinned.lengths[10], 3);
  EXPECT_EQ(thinned.lengths[0], 1);
  EXPECT_EQ(thinned.points(thinned.size() - 1, 0), 1100.125);
}

TEST_F(Points, group_that_holds_trajectories) {
  write_arrays(path("g.h5"), {{"/dihedrals/trajectories/0", {3, 2}, {1, 2, 3, 4, 5, 6}},
                              {"/dihedrals/trajectories/1", {1, 2}, {7, 8}},
                              {"/other/samples", {1, 1}, {9}},
                              {"/weights", {4}, {1, 2, 3, 4}}});
  for (const char* name : {"dihedrals", "/dihedrals", "/dihedrals/", "/dihedrals/trajectories"}) {
    const DataSet data = read_points(path("g.h5"), {.dataset = name});
    EXPECT_EQ(data.lengths, (std::vector<Index>{3, 1}));
    EXPECT_EQ(data.points(3, 1), 8);
    EXPECT_TRUE(data.weights.empty());
  }
  EXPECT_EQ(read_points(path("g.h5"), {.dataset = "/other"}).points(0, 0), 9);
  EXPECT_REFUSED(read_points(path("g.h5")), "g.h5", "neither /samples nor /trajectories", "/dihedrals/trajectories/0 (3 x 2)");
  EXPECT_REFUSED(read_points(path("g.h5"), {.dataset = "/absent"}), "no dataset or group '/absent'", "/other/samples (1 x 1)");
  EXPECT_REFUSED(read_points(path("g.h5"), {.dataset = "/absent/deeper"}), "/absent/deeper");
}

TEST_F(Points, weights) {
  write_arrays(path("w.h5"), {{"/samples", {3, 1}, {1, 2, 3}}, {"/weights", {3}, {.5, 0, 2}}});
  EXPECT_EQ(read_points(path("w.h5")).weights, (std::vector<double>{.5, 0, 2}));
  EXPECT_EQ(read_points(path("w.h5"), {.stride = 2}).weights, (std::vector<double>{.5, 2}));
  EXPECT_EQ(read_weights(path("w.h5")), (std::vector<double>{.5, 0, 2}));
  EXPECT_EQ(read_weights(path("w.h5") + ":/samples"), (std::vector<double>{1, 2, 3}));
  write("w.csv", "weight\n1\n2.5\n");
  EXPECT_EQ(read_weights(path("w.csv")), (std::vector<double>{1, 2.5}));
  EXPECT_REFUSED(read_weights(write("two.csv", "1,2\n3,4\n")), "two.csv", "2 columns");
  write_arrays(path("short.h5"), {{"/samples", {3, 1}, {1, 2, 3}}, {"/weights", {2}, {1, 1}}});
  EXPECT_REFUSED(read_points(path("short.h5")), "/weights", "2 weights for 3 points");
  write_arrays(path("bad.h5"), {{"/samples", {2, 1}, {1, 2}}, {"/weights", {2}, {1, -1}}});
  EXPECT_REFUSED(read_points(path("bad.h5")), "weight of point 1");
}

TEST_F(Points, refused_hdf5) {
  EXPECT_REFUSED(read_points(path("none.h5")), "none.h5", "does not exist");
  EXPECT_REFUSED(read_points(m_folder.string()), "is a folder");
  EXPECT_REFUSED(read_points(write("a.xyz", "")), "extension '.xyz'");
  EXPECT_REFUSED(read_points(write("noextension", "")), "no extension");
  EXPECT_REFUSED(read_points(write("text.h5", "hello, world")), "text.h5", "cannot be read as HDF5");
  EXPECT_REFUSED(read_points(write("empty.h5", "")), "cannot be read as HDF5");
  write_arrays(path("nan.h5"), {{"/samples", {2, 3}, {1, 2, 3, 4, 5, std::nan("")}}});
  EXPECT_REFUSED(read_points(path("nan.h5")), "nan.h5", "/samples", "nan", "row 1", "column 2");
  write_arrays(path("inf.h5"), {{"/samples", {2, 1}, {HUGE_VAL, 1}}});
  EXPECT_REFUSED(read_points(path("inf.h5")), "inf", "row 0", "column 0");
  write_arrays(path("cube.h5"), {{"/samples", {2, 1, 1}, {1, 1}}});
  EXPECT_REFUSED(read_points(path("cube.h5")), "/samples", "3 dimensions");
  write_arrays(path("zero.h5"), {{"/samples", {0, 2}, {}}});
  EXPECT_REFUSED(read_points(path("zero.h5")), "holds no points");
  write_arrays(path("ragged.h5"), {{"/trajectories/0", {1, 2}, {1, 2}}, {"/trajectories/1", {1, 3}, {1, 2, 3}}});
  EXPECT_REFUSED(read_points(path("ragged.h5")), "/trajectories/1", "3 columns", "2");
  write_points(path("good.h5"), ramp(3, 1));
  EXPECT_REFUSED(read_points(path("good.h5"), {.stride = 0}), "stride");
}

TEST_F(Points, truncated_hdf5_is_refused) {
  write_points(path("whole.h5"), ramp(500, 3));
  const std::string whole = content(path("whole.h5"));
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    write("part.h5", whole.substr(0, length));
    EXPECT_REFUSED(read_points(path("part.h5")), "part.h5");
  }
}

TEST_F(Points, csv_in_its_many_forms) {
  const auto expect = [&](const std::string& text) {
    const DataSet data = read_points(write("a.csv", text));
    ASSERT_EQ(data.size(), 2) << text;
    ASSERT_EQ(data.dimension(), 2) << text;
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

TEST_F(Points, refused_csv) {
  EXPECT_REFUSED(read_points(write("a.csv", "x,y\n1,2\n3\n")), "a.csv", "line 3", "1 fields", "2 before");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n3,4,5\n")), "line 2", "3 fields");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n3,four\n")), "'four'", "line 2", "column 1", "not a number");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n3,\n")), "''", "line 2", "not a number");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\nnan,2\n")), "nan", "line 2", "column 0");
  EXPECT_REFUSED(read_points(write("a.csv", "1,2\n1,1e999\n")), "inf", "line 2", "column 1");
  EXPECT_REFUSED(read_points(write("a.csv", "")), "holds no points");
  EXPECT_REFUSED(read_points(write("a.csv", "x,y\n")), "holds no points");
  EXPECT_REFUSED(read_points(write("a.csv", "1\n"), {.dataset = "/x"}), "no datasets");
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

TEST_F(Points, npy_types_orders_and_versions) {
  const auto expect = [&](const std::string& text) {
    const DataSet data = read_points(write("a.npy", text));
    ASSERT_EQ(data.size(), 3);
    ASSERT_EQ(data.dimension(), 2);
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
  const DataSet thinned = read_points(path("a.npy"), {.stride = 2});
  EXPECT_EQ(thinned.size(), 2);
  EXPECT_EQ(thinned.points(1, 1), 6);
  const DataSet line = read_points(write("line.npy", npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", bytes<float>({1, 2}))));
  EXPECT_EQ(line.dimension(), 1);
  EXPECT_EQ(line.points(1, 0), 2);
}

TEST_F(Points, refused_npy) {
  const auto header = [](const std::string& type, const std::string& shape) {
    return "{'descr': " + type + ", 'fortran_order': False, 'shape': " + shape + ", }\n";
  };
  EXPECT_REFUSED(read_points(write("a.npy", "no")), "a.npy", "not a .npy file");
  EXPECT_REFUSED(read_points(write("a.npy", npy(9, header("'<f8'", "(1, 1)"), ""))), "version 9");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<c16'", "(1, 1)"), bytes<double>({1, 1})))), "'<c16'", "reals");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f2'", "(1, 1)"), "ab"))), "'<f2'", "not supported");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("[('x', '<f8')]", "(1,)"), bytes<double>({1})))), "structured");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(2, 2)"), bytes<double>({1, 2, 3})))), "truncated", "2 x 2", "3 follow");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1125899906842624, 2)"), ""))), "truncated");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1, 1, 1)"), bytes<double>({1})))), "3 dimensions");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(0, 2)"), ""))), "holds no points");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, header("'<f8'", "(1, 2)"), bytes<double>({1, std::nan("")})))), "nan", "row 0", "column 1");
  EXPECT_REFUSED(read_points(write("a.npy", npy(1, "{}\n", ""))), "header");
}

TEST_F(Points, only_one_trajectory_fits_a_table) {
  const Trajectories two{{ramp(2, 1), ramp(2, 1)}, {}, 0.1};
  EXPECT_REFUSED(write_trajectories(path("two.npy"), two), "two.npy", "one trajectory only");
  EXPECT_EQ(files(), 0U);
}

TEST_F(Points, attributes_come_back) {
  const Attributes written{{"seed", std::uint64_t{18446744073709551615U}}, {"version", "0.1"}, {"time", 0.5}, {"steps", std::int64_t{-3}}};
  EXPECT_EQ(text_of(written, "seed"), "18446744073709551615");
  EXPECT_EQ(text_of(written, "version"), "0.1");
  EXPECT_EQ(number_of(written, "time", 0), 0.5);
  EXPECT_EQ(number_of(written, "steps", 0), -3);
  EXPECT_EQ(number_of(written, "absent", 7), 7);
  EXPECT_EQ(text_of(written, "absent"), "");
}

TEST_F(Points, file_and_dataset) {
  write("odd:name.h5", "");
  EXPECT_EQ(split_dataset(path("odd:name.h5")).dataset, "");
  EXPECT_EQ(split_dataset("a.h5:/x").file, "a.h5");
  EXPECT_EQ(split_dataset("a.h5:/x").dataset, "/x");
  EXPECT_EQ(split_dataset("a.h5").dataset, "");
}

}  // namespace
}  // namespace kswgd::io::test
