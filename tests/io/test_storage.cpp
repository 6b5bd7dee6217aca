// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <cstring>

#include "foreign.hpp"

// Where the numbers of a dataset lie: chunks of any shape are read, what HDF5 would fill in is refused.
namespace kswgd::io::test {
namespace {

using Storage = Scratch;

TEST_F(Storage, ChunksOfAnyShapeGiveTheSameNumbers) {
  const Index rows = 1500, columns = 7;
  const std::vector<double> values = counted(static_cast<std::size_t>(rows * columns));
  for (const auto& [height, width] : {std::pair<hsize_t, hsize_t>(1500, 1), {1500, 7}, {64, 7}, {1, 7}, {1, 1}, {700, 3}, {1024, 2}}) {
    make_file(path("c.h5"), [&, height = height, width = width](hid_t file) {
      const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      const hsize_t chunk[2] = {height, width};
      H5Pset_chunk(properties, 2, chunk);
      H5Pset_shuffle(properties);
      write_set(file, "samples", {1500, 7}, values, H5T_IEEE_F64BE, properties);
    });
    for (const Index stride : {1, 3, 400}) {
      const auto points = read_points(path("c.h5"), {.stride = stride}).points;
      ASSERT_EQ(static_cast<Index>(points.extent(0)), (rows + stride - 1) / stride);
      for (Index i = 0; i < static_cast<Index>(points.extent(0)); ++i)
        for (Index k = 0; k < columns; ++k) ASSERT_EQ(points(i, k), static_cast<double>(i * stride * columns + k)) << height << " x " << width;
    }
  }
}

/// More numbers in a chunk than are read at once, in one column and in three.
TEST_F(Storage, ChunksThatAreReadInSteps) {
  const hsize_t rows = 1200000;
  for (const hsize_t width : {1, 3}) {
    make_file(path("c.h5"), [&](hid_t file) {
      const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      const hsize_t chunk[2] = {rows, width};
      H5Pset_chunk(properties, 2, chunk);
      H5Pset_deflate(properties, 1);
      write_set(file, "samples", {rows, 3}, counted(3 * rows), H5T_NATIVE_FLOAT, properties);
    });
    const auto points = read_points(path("c.h5")).points;
    for (Index i = 0; i < static_cast<Index>(rows); i += 1001)
      for (Index k = 0; k < 3; ++k) ASSERT_EQ(points(i, k), static_cast<double>(3 * i + k));
    EXPECT_EQ(points(rows - 1, 2), static_cast<double>(3 * rows - 1));
  }
}

TEST_F(Storage, ANumberThatIsNotFiniteIsFoundInAnyChunk) {
  std::vector<double> values = counted(5000 * 2);
  values[4321 * 2 + 1] = std::nan("");
  make_file(path("c.h5"), [&](hid_t file) {
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const hsize_t chunk[2] = {5000, 1};
    H5Pset_chunk(properties, 2, chunk);
    write_set(file, "samples", {5000, 2}, values, H5T_NATIVE_DOUBLE, properties);
  });
  EXPECT_REFUSED(read_points(path("c.h5")), "c.h5", "/samples", "row 4321", "column 1");
}

TEST_F(Storage, WhatWasNeverWrittenHoldsNoData) {
  make_file(path("n.h5"), [](hid_t file) {
    make_set(file, "samples", H5T_NATIVE_DOUBLE, {10, 2});
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const hsize_t chunk[2] = {1000000, 3};
    H5Pset_chunk(properties, 2, chunk);
    make_set(file, "huge", H5T_NATIVE_DOUBLE, {1000000000000, 3}, properties);
    make_set(file, "impossible", H5T_NATIVE_DOUBLE, {hsize_t{1} << 40, hsize_t{1} << 23}, properties);
    // Half of the rows, as a simulation leaves them that was stopped.
    const hsize_t small[2] = {5, 2}, start[2] = {0, 0}, count[2] = {5, 2};
    H5Pset_chunk(properties, 2, small);
    const Handle half = make_set(file, "half", H5T_NATIVE_DOUBLE, {10, 2}, properties), space = space_of({10, 2}), memory = space_of({5, 2});
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
    H5Dwrite(half, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, counted(10).data());
  });
  EXPECT_REFUSED(read_points(path("n.h5")), "n.h5", "/samples", "10 x 2", "was never written");
  EXPECT_REFUSED(read_points(path("n.h5"), {.dataset = "huge"}), "/huge", "1000000000000 x 3", "was never written");
  EXPECT_REFUSED(read_points(path("n.h5"), {.dataset = "impossible"}), "/impossible", "1099511627776 x 8388608");
  EXPECT_REFUSED(read_points(path("n.h5"), {.dataset = "half"}), "/half", "in part", "1 of 2 chunks");
  EXPECT_EQ(describe(path("n.h5")).size(), 4U);  // what there is can be listed
}

TEST_F(Storage, AShapeBeyondTheEndOfTheFile) {
  write_arrays(path("t.h5"), {{"/samples", {1000, 3}, counted(3000)}});
  std::string bytes = content(path("t.h5"));
  // The extent and the size in the headers: 1000 becomes 2^24 + 1000, 24000 bytes become 3 * 8 times as many.
  const auto replace = [&](std::uint64_t from, std::uint64_t to) {
    const std::string old(reinterpret_cast<const char*>(&from), 8), now(reinterpret_cast<const char*>(&to), 8);
    for (std::size_t at = bytes.find(old); at != std::string::npos; at = bytes.find(old, at + 8)) bytes.replace(at, 8, now);
  };
  replace(1000, 16778216);
  replace(24000, 24 * std::uint64_t{16778216});
  EXPECT_REFUSED(read_points(write("t.h5", bytes)), "t.h5");
}

/// 8 TiB that no disk holds: a sparse file, all of it allocated.
TEST_F(Storage, MoreThanTheMemory) {
  bool made = false;
  make_file(path("m.h5"), [&](hid_t file) {
    const hdf5::Quiet quiet;
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
    made = make_set(file, "samples", H5T_NATIVE_DOUBLE, {hsize_t{1} << 40, 1}, properties).valid() && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0;
  });
  if (!made) GTEST_SKIP() << "this file system has no sparse files of 8 TiB";
  EXPECT_REFUSED(read_points(path("m.h5")), "m.h5", "/samples", "1099511627776 x 1 numbers", "8.8e+03 GB", "--stride");
  EXPECT_EQ(read_points(path("m.h5"), {.stride = Index{1} << 37}).points.extent(0), 8U);
}

/// 5000 rows of two files; `make` says what becomes of the second.
void make_virtual(const std::string& whole, const std::vector<std::string>& parts, hsize_t rows, hsize_t mapped) {
  make_file(
      whole,
      [&](hid_t file) {
        const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        for (std::size_t p = 0; p < parts.size(); ++p) {
          const Handle here = space_of({rows * parts.size(), 2}), there = space_of({mapped, 2});
          const hsize_t start[2] = {rows * p, 0}, count[2] = {mapped, 2};
          H5Sselect_hyperslab(here, H5S_SELECT_SET, start, nullptr, count, nullptr);
          ASSERT_GE(H5Pset_virtual(properties, here, parts[p].c_str(), "a", there), 0);
        }
        make_set(file, "samples", H5T_NATIVE_DOUBLE, {rows * parts.size(), 2}, properties);
      },
      true);
}

TEST_F(Storage, VirtualDatasetsNeedAllTheirSources) {
  const auto part = [&](const std::string& name, hsize_t rows) {
    make_file(path(name), [&](hid_t file) { write_set(file, "a", {rows, 2}, counted(2 * rows)); });
  };
  part("p0.h5", 50);
  part("p1.h5", 50);
  make_virtual(path("all.h5"), {"p0.h5", "p1.h5"}, 50, 50);
  const auto points = read_points(path("all.h5")).points;
  ASSERT_EQ(points.extent(0), 100U);
  EXPECT_EQ(points(99, 1), 99);
  EXPECT_EQ(points(50, 0), 0);

  std::filesystem::remove(path("p1.h5"));
  EXPECT_REFUSED(read_points(path("all.h5")), "all.h5", "/samples", "virtual", "a of 'p1.h5'", "no such file");
  part("p1.h5", 20);
  EXPECT_REFUSED(read_points(path("all.h5")), "a of 'p1.h5'", "20 x 2", "less than what is taken");
  make_file(path("p1.h5"), [](hid_t file) { write_set(file, "b", {50, 2}, counted(100)); });
  EXPECT_REFUSED(read_points(path("all.h5")), "a of 'p1.h5'", "no such dataset");
  make_file(path("p1.h5"), [](hid_t file) { make_set(file, "a", H5T_NATIVE_DOUBLE, {50, 2}); });
  EXPECT_REFUSED(read_points(path("all.h5")), "a of 'p1.h5'", "never written");
  write("p1.h5", "no HDF5");
  EXPECT_REFUSED(read_points(path("all.h5")), "a of 'p1.h5'", "not a whole HDF5 file");

  part("p1.h5", 50);
  make_virtual(path("hole.h5"), {"p0.h5", "p1.h5"}, 50, 40);
  EXPECT_REFUSED(read_points(path("hole.h5")), "/samples", "40 of 200 numbers have no source");
  make_virtual(path("self.h5"), {"self.h5"}, 50, 50);
  EXPECT_REFUSED(read_points(path("self.h5")), "self.h5", "a of 'self.h5'", "no such dataset");
}

TEST_F(Storage, AVirtualDatasetOfItself) {
  make_file(
      path("self.h5"),
      [](hid_t file) {
        const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), space = space_of({10, 2});
        ASSERT_GE(H5Pset_virtual(properties, space, ".", "samples", space), 0);
        make_set(file, "samples", H5T_NATIVE_DOUBLE, {10, 2}, properties);
      },
      true);
  EXPECT_REFUSED(read_points(path("self.h5")), "self.h5", "again and again");
}

TEST_F(Storage, VirtualDatasetsThatGrow) {
  // One block of 10 rows for each file "g<number>.h5", as many as there are.
  for (const int b : {0, 1, 3}) make_file(path("g" + std::to_string(b) + ".h5"), [](hid_t file) { write_set(file, "a", {10, 1}, counted(10)); });
  make_file(
      path("g.h5"),
      [](hid_t file) {
        const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        const hsize_t extents[2] = {10, 1}, most[2] = {H5S_UNLIMITED, 1}, start[2] = {0, 0}, stride[2] = {10, 1}, count[2] = {H5S_UNLIMITED, 1},
                      block[2] = {10, 1};
        const Handle here(H5Screate_simple(2, extents, most), H5Sclose), there = space_of({10, 1});
        H5Sselect_hyperslab(here, H5S_SELECT_SET, start, stride, count, block);
        ASSERT_GE(H5Pset_virtual(properties, here, "g%b.h5", "a", there), 0);
        const Handle set(H5Dcreate2(file, "samples", H5T_NATIVE_DOUBLE, here, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
        ASSERT_TRUE(set.valid());
      },
      true);
  EXPECT_EQ(read_points(path("g.h5")).points.extent(0), 20U);  // what is there without a gap, as HDF5 has it
  make_file(path("g1.h5"), [](hid_t file) { write_set(file, "a", {7, 1}, counted(7)); });
  EXPECT_REFUSED(read_points(path("g.h5")), "a of 'g1.h5'", "7 x 1", "less than what is taken");
}

TEST_F(Storage, RawNumbersInAFileOfTheirOwn) {
  const std::string raw = path("raw.bin");
  make_file(path("e.h5"), [&](hid_t file) {
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_external(properties, raw.c_str(), 0, 160);
    write_set(file, "samples", {10, 2}, counted(20), H5T_NATIVE_DOUBLE, properties);
  });
  EXPECT_EQ(read_points(path("e.h5")).points(9, 1), 19);
  std::filesystem::resize_file(raw, 100);
  EXPECT_REFUSED(read_points(path("e.h5")), "e.h5", "/samples", "raw.bin", "too short");
  std::filesystem::remove(raw);
  EXPECT_REFUSED(read_points(path("e.h5")), "e.h5", "/samples", "raw.bin", "not there");
}

/// A shape that was changed behind the library's back: it would be allocated before HDF5 finds that there is nothing to read.
TEST_F(Storage, AShapeThatNothingIsStoredForIsRefused) {
  make_file(path("s.h5"), [&](hid_t file) { write_set(file, "samples", {1357}, counted(1357)); });
  std::string bytes = content(path("s.h5"));
  const std::uint64_t there[2] = {1357, 1357}, claimed[2] = {1 << 29, 1 << 29};  // the extent, and how far it may grow
  const std::size_t at = bytes.find(std::string(reinterpret_cast<const char*>(there), sizeof there));
  ASSERT_NE(at, std::string::npos);
  std::memcpy(bytes.data() + at, claimed, sizeof claimed);
#if H5_VERSION_GE(2, 0, 0)  // finds it itself
  EXPECT_REFUSED(read_points(write("s.h5", bytes)), "s.h5", "/samples cannot be opened");
#else
  EXPECT_REFUSED(read_points(write("s.h5", bytes)), "s.h5", "/samples claims 536870912 numbers, but 10856 bytes are stored for them");
#endif
}

}  // namespace
}  // namespace kswgd::io::test
