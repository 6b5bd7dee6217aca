// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "scratch.hpp"

// Weights and other numbers that belong to the rows of the data, wherever they stand.
namespace kswgd::io::test {
namespace {

class Columns : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    write_points(path("x.h5"), ramp(6, 2), {});
    write_points(path("x.npy"), ramp(6, 2), {});
    write_points(path("x.csv"), ramp(6, 2), {});
  }
  std::string column(const std::string& name, const std::vector<double>& values) const {
    HostPoints points("column", values.size(), 1);
    std::copy(values.begin(), values.end(), points.data());
    write_points(path(name), points, {});
    return path(name);
  }
  std::vector<double> weights(const std::string& data, const std::string& source, Index stride = 1) const {
    return read_points(data, {.weights = source, .stride = stride}).weights;
  }
};

const std::vector<double> six = {1, 2, 3, 4, 5, 6};

TEST_F(Columns, OfEachFormatForDataOfEachFormat) {
  write_arrays(path("named.h5"), {{"/other", {6, 1}, six}, {"/weights", {6}, {6, 5, 4, 3, 2, 1}}, {"/samples", {6, 2}, std::vector<double>(12, 9)}});
  for (const char* data : {"x.h5", "x.npy", "x.csv"}) {
    for (const char* file : {"w.npy", "w.csv", "w.h5"}) {
      EXPECT_EQ(weights(path(data), column(file, six)), six) << data << ' ' << file;
      EXPECT_EQ(weights(path(data), path(file), 4), (std::vector<double>{1, 5})) << data << ' ' << file;
    }
    EXPECT_EQ(weights(path(data), path("named.h5:other")), six);
    EXPECT_EQ(weights(path(data), path("named.h5:/other")), six);
    EXPECT_EQ(weights(path(data), path("named.h5"))[0], 6);  // no column of points: its weights
  }
  EXPECT_EQ(weights(path("named.h5"), "other"), six);
  EXPECT_EQ(read_points(path("named.h5")).weights[0], 6);
  EXPECT_TRUE(read_points(path("named.h5"), {.dataset = "samples"}).weights.empty());
}

TEST_F(Columns, OfTrajectoriesBeginTheirStrideAnewWithEach) {
  write_arrays(path("t.h5"), {{"/trajectories/a", {4, 1}, {1, 2, 3, 4}},
                              {"/trajectories/b", {3, 1}, {1, 2, 3}},
                              {"/times/a", {4}, {0, 7, 8, 9}},
                              {"/w/a", {4}, {1, 2, 3, 4}},
                              {"/w/b", {3}, {5, 6, 7}},
                              {"/flat", {7}, {1, 2, 3, 4, 5, 6, 7}}});
  for (const char* name : {"w", "flat"}) {
    EXPECT_EQ(weights(path("t.h5"), name, 3), (std::vector<double>{1, 4, 5})) << name;
    EXPECT_EQ(weights(path("t.h5"), path("t.h5:") + name, 1).size(), 7U) << name;
  }
  const Table table = read_points(path("t.h5"), {.stride = 3});
  EXPECT_EQ(table.lengths, (std::vector<Index>{1, 1, 1}));  // a gap ends a trajectory, not the stride
  EXPECT_EQ(read_column(column("f.npy", {-1, -2, -3, -4, -5, -6, -7}), table), (std::vector<double>{-1, -4, -5}));
  write_arrays(path("u.h5"), {{"/trajectories/a", {3, 1}, {1, 2, 3}}, {"/w/a", {2}, {1, 2}}});
  EXPECT_REFUSED(weights(path("u.h5"), "w"), "u.h5", "2 weights in /w/a for 3 points");
}

TEST_F(Columns, OfSeveralFiles) {
  const std::string data = path("x.npy") + "," + path("x.csv");
  const std::vector<double> twelve = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(weights(data, column("all.csv", twelve)), twelve);
  EXPECT_EQ(weights(data, column("w.npy", six) + "," + column("w.csv", six)), twelve);
  EXPECT_EQ(weights(data, path("w.npy") + "," + path("w.csv"), 4), (std::vector<double>{1, 5, 1, 5}));
  EXPECT_EQ(weights(path("x.npy") + "," + path("x.npy"), path("w.npy") + "," + path("w.npy")), twelve);  // the same file twice
  EXPECT_REFUSED(weights(data, path("w.npy")), "w.npy", "6 weights for 12 points");
  EXPECT_REFUSED(weights(data, path("w.npy") + "," + path("w.npy") + "," + path("w.npy")), "names 3 files of weights", "are in 2");
  EXPECT_REFUSED(weights(path("x.npy"), path("w.npy") + "," + path("w.npy")), "names 2 files of weights", "are in 1");
  write_arrays(path("a.h5"), {{"/samples", {2, 1}, {1, 2}}, {"/w", {2}, {1, 2}}, {"/set", {3, 1}, {7, 8, 9}}});
  EXPECT_EQ(weights(path("a.h5") + "," + path("a.h5"), "w"), (std::vector<double>{1, 2, 1, 2}));
  const Table named = read_points(path("a.h5:/set") + "," + path("a.h5"));
  EXPECT_EQ(named.lengths, (std::vector<Index>{3, 2}));
  EXPECT_EQ(named.points(0, 0), 7);
}

TEST_F(Columns, AreRefusedInWords) {
  EXPECT_REFUSED(weights(path("x.npy"), column("short.npy", {1, 2})), "short.npy", "2 weights for 6 points");
  EXPECT_EQ(weights(path("x.npy"), path("short.npy"), 3), (std::vector<double>{1, 2}));  // one for each row that the stride keeps
  EXPECT_REFUSED(weights(path("x.npy"), column("three.npy", {1, 2, 3}), 3), "three.npy", "3 weights");
  EXPECT_REFUSED(weights(path("x.npy"), path("x.csv")), "x.csv", "6 x 2", "a column of weights");
  EXPECT_REFUSED(weights(path("x.npy"), path("none.csv")), "there is no file", "none.csv", "weights");
  EXPECT_REFUSED(weights(path("x.npy"), "w"), "there is no file 'w'", "x.npy' is no HDF5 file");
  EXPECT_REFUSED(weights(path("x.h5"), "w"), "x.h5", "has no /w");
  EXPECT_REFUSED(weights(path("x.h5"), column("w.npy", six) + ":/w"), "w.npy", "only those have datasets");
  EXPECT_REFUSED(weights(path("x.h5"), column("minus.npy", {1, 1, 1, 1, 1, -1})), "minus.npy", "the weight -1");
  EXPECT_REFUSED(weights(path("x.h5"), column("zero.npy", {0, 0, 0, 0, 0, 0})), "zero.npy", "every point the weight 0");
  write_arrays(path("nan.h5"), {{"/samples", {3, 1}, {1, 2, 3}}, {"/weights", {3}, {1, std::nan(""), 1}}, {"/wide", {3, 2}, std::vector<double>(6, 1)}});
  EXPECT_REFUSED(read_points(path("nan.h5")), "nan.h5", "nan in /weights, row 1", "weights");
  EXPECT_REFUSED(weights(path("nan.h5"), "wide"), "nan.h5", "/wide", "3 x 2", "a column of weights");
  EXPECT_REFUSED(weights(path("nan.h5"), path("nan.h5:/absent")), "nan.h5", "has no /absent");
}

TEST_F(Columns, AFileAndItsDataset) {
  write("a:b.npy", "x");
  EXPECT_EQ(split_dataset(path("a:b.npy")), std::pair(path("a:b.npy"), std::string()));
  EXPECT_EQ(split_dataset(path("x.h5:/w")), std::pair(path("x.h5"), std::string("/w")));
  EXPECT_EQ(split_dataset(path("x.h5:w:v")), std::pair(path("x.h5"), std::string("w:v")));
  EXPECT_EQ(split_dataset("absent.h5:/w"), std::pair(std::string("absent.h5"), std::string("/w")));
  EXPECT_EQ(split_dataset("absent.h5"), std::pair(std::string("absent.h5"), std::string()));
}

}  // namespace
}  // namespace kswgd::io::test
