// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "scratch.hpp"

#include <fcntl.h>
#include <kswgd/io/perceptron_file.hpp>
#include <sys/file.h>

#include <functional>
#include <memory>
#include <numeric>

// HDF5 files that are allowed and odd: each is refused by name, or read as what it is.
namespace kswgd::io::test {
namespace {

using hdf5::Handle;

/// A file as other programs make it, written by HDF5 itself.
void make_file(const std::string& path, const std::function<void(hid_t)>& fill, bool latest = false) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  ASSERT_TRUE(file.valid());
  fill(file);
}

using Extents = std::vector<hsize_t>;
Handle space_of(const Extents& extents) { return Handle(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose); }

Handle make_set(hid_t file, const char* name, hid_t type, const Extents& extents, hid_t properties = H5P_DEFAULT) {
  return Handle(H5Dcreate2(file, name, type, space_of(extents), H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
}

void write_set(hid_t file, const char* name, const Extents& extents, const std::vector<double>& values, hid_t type = H5T_NATIVE_DOUBLE,
               hid_t properties = H5P_DEFAULT) {
  const Handle set = make_set(file, name, type, extents, properties);
  ASSERT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

using OddFiles = Scratch;

TEST_F(OddFiles, ChunksOfAnyShapeGiveTheSameNumbers) {
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
TEST_F(OddFiles, ChunksThatAreReadInSteps) {
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

TEST_F(OddFiles, ANumberThatIsNotFiniteIsFoundInAnyChunk) {
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

TEST_F(OddFiles, WhatWasNeverWrittenHoldsNoData) {
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

TEST_F(OddFiles, AShapeBeyondTheEndOfTheFile) {
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
TEST_F(OddFiles, MoreThanTheMemory) {
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
void make_virtual(const Scratch&, const std::string& whole, const std::vector<std::string>& parts, hsize_t rows, hsize_t mapped) {
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

TEST_F(OddFiles, VirtualDatasetsNeedAllTheirSources) {
  const auto part = [&](const std::string& name, hsize_t rows) {
    make_file(path(name), [&](hid_t file) { write_set(file, "a", {rows, 2}, counted(2 * rows)); });
  };
  part("p0.h5", 50);
  part("p1.h5", 50);
  make_virtual(*this, path("all.h5"), {"p0.h5", "p1.h5"}, 50, 50);
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
  make_virtual(*this, path("hole.h5"), {"p0.h5", "p1.h5"}, 50, 40);
  EXPECT_REFUSED(read_points(path("hole.h5")), "/samples", "40 of 200 numbers have no source");
  make_virtual(*this, path("self.h5"), {"self.h5"}, 50, 50);
  EXPECT_REFUSED(read_points(path("self.h5")), "self.h5", "a of 'self.h5'", "no such dataset");
}

TEST_F(OddFiles, AVirtualDatasetOfItself) {
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

TEST_F(OddFiles, VirtualDatasetsThatGrow) {
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

TEST_F(OddFiles, RawNumbersInAFileOfTheirOwn) {
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

TEST_F(OddFiles, TypesThatAreNoRealNumbersAreNamed) {
  struct Complex {
    double r, i;
  };
  make_file(path("t.h5"), [](hid_t file) {
    const Handle complex(H5Tcreate(H5T_COMPOUND, sizeof(Complex)), H5Tclose), record(H5Tcreate(H5T_COMPOUND, 16), H5Tclose), text(H5Tcopy(H5T_C_S1), H5Tclose),
        truth(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose), opaque(H5Tcreate(H5T_OPAQUE, 4), H5Tclose), list(H5Tvlen_create(H5T_NATIVE_DOUBLE), H5Tclose);
    H5Tinsert(complex, "r", offsetof(Complex, r), H5T_NATIVE_DOUBLE);
    H5Tinsert(complex, "i", offsetof(Complex, i), H5T_NATIVE_DOUBLE);
    H5Tinsert(record, "x", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(record, "y", 8, H5T_NATIVE_DOUBLE);
    for (const std::int8_t value : {0, 1}) H5Tenum_insert(truth, value ? "TRUE" : "FALSE", &value);
    for (const auto& [name, type] :
         {std::pair("complex", &complex), {"record", &record}, {"text", &text}, {"truth", &truth}, {"opaque", &opaque}, {"list", &list}})
      make_set(file, name, *type, {3, 1});
    const Handle nothing(H5Screate(H5S_NULL), H5Sclose), one(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle empty(H5Dcreate2(file, "empty", H5T_NATIVE_DOUBLE, nothing, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
    const Handle scalar(H5Dcreate2(file, "scalar", H5T_NATIVE_DOUBLE, one, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
    H5Tcommit2(file, "type", truth, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    make_set(file, "zero", H5T_NATIVE_DOUBLE, {0, 2});
    make_set(file, "narrow", H5T_NATIVE_DOUBLE, {2, 0});
  });
  const auto refused = [&](const std::string& name, const std::string& what) {
    EXPECT_REFUSED(read_points(path("t.h5"), {.dataset = name}), "t.h5", what);
    if (name != "zero" && name != "narrow") EXPECT_REFUSED(hdf5::File::open(path("t.h5")).read_vector("/" + name), "/" + name);
  };
  refused("complex", "/complex holds complex numbers");
  refused("record", "/record holds records of x, y");
  refused("text", "/text holds text");
  refused("truth", "/truth holds truth values");
  refused("opaque", "/opaque holds opaque bytes");
  refused("list", "/list holds a list for each element");
  refused("empty", "/empty is empty");
  EXPECT_REFUSED(read_points(path("t.h5"), {.dataset = "scalar"}), "/scalar", "0 dimensions");
  EXPECT_REFUSED(read_points(path("t.h5"), {.dataset = "type"}), "/type is not a dataset");
  refused("zero", "holds no points");
  refused("narrow", "holds no points");
}

TEST_F(OddFiles, NumbersOfEveryWidth) {
  make_file(path("h.h5"), [](hid_t file) {
    const Handle half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    write_set(file, "samples", {4, 1}, {0, .5, -2, 1024}, half);
    write_set(file, "times", {4, 1}, {0, 1, 2, 3}, H5T_STD_U8BE);
  });
  const auto points = read_points(path("h.h5")).points;
  EXPECT_EQ(points(1, 0), .5);
  EXPECT_EQ(points(3, 0), 1024);
  const auto file = hdf5::File::open(path("h.h5"));
  EXPECT_EQ(file.rounding("/samples"), std::ldexp(1.0, -10));  // ten bits behind the leading one
  EXPECT_EQ(file.rounding("/times"), 0);
}

TEST_F(OddFiles, CyclesOfLinksEnd) {
  make_file(path("l.h5"), [](hid_t file) {
    const Handle a(H5Gcreate2(file, "a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose),
        b(H5Gcreate2(a, "b", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    H5Lcreate_hard(file, "/a", b, "a", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/", b, "root", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/self", file, "self", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", file, "dead", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("gone.h5", "/x", file, "far", H5P_DEFAULT, H5P_DEFAULT);
    write_set(file, "a/numbers", {3, 1}, {1, 2, 3});
    H5Lcreate_soft("/a/numbers", file, "good", H5P_DEFAULT, H5P_DEFAULT);
  });
  const auto lines = describe(path("l.h5"));
  const auto has = [&](const std::string& text) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) == 0; });
  };
  EXPECT_EQ(lines.size(), 7U);
  EXPECT_TRUE(has("/a/b/a  the group /a again"));
  EXPECT_TRUE(has("/a/b/root  the group / again"));
  EXPECT_TRUE(has("/self  a link to /self, which is not there"));
  EXPECT_TRUE(has("/far  a link to /x of the file 'gone.h5', which is not there"));
  EXPECT_TRUE(has("/good  3 x 1"));
  EXPECT_EQ(read_points(path("l.h5"), {.dataset = "good"}).points(2, 0), 3);
  EXPECT_EQ(read_points(path("l.h5"), {.dataset = "/a/b/a/b/root/good"}).points(2, 0), 3);
  EXPECT_REFUSED(read_points(path("l.h5")), "no /samples and no /trajectories", "/good (3 x 1)");
  EXPECT_REFUSED(read_points(path("l.h5"), {.dataset = "self"}), "l.h5", "/self is a link to /self");
  EXPECT_REFUSED(read_points(path("l.h5"), {.dataset = "dead"}), "/dead is a link to /nowhere");
  EXPECT_REFUSED(read_points(path("l.h5"), {.dataset = "far"}), "/far is a link to /x of the file 'gone.h5'");
}

TEST_F(OddFiles, DeepAndManyIsListedInPart) {
  make_file(path("d.h5"), [](hid_t file) {
    Handle* group = nullptr;
    std::vector<std::unique_ptr<Handle>> groups;
    for (int depth = 0; depth < 300; ++depth) {
      groups.push_back(std::make_unique<Handle>(H5Gcreate2(group ? hid_t(*group) : file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose));
      group = groups.back().get();
    }
    const Handle many(H5Gcreate2(file, "many", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    for (int i = 0; i < 3000; ++i) write_set(many, std::to_string(i).c_str(), {1, 1}, {double(i)});
  });
  const auto lines = describe(path("d.h5"));
  EXPECT_EQ(lines.size(), 1001U);
  EXPECT_EQ(lines.back(), "... and more");
  EXPECT_NE(lines.front().find("is not looked into"), std::string::npos);
  const Table data = read_points(path("d.h5"), {.dataset = "many"});
  ASSERT_EQ(data.lengths.size(), 3000U);
  EXPECT_EQ(data.points(2999, 0), 2999);
}

TEST_F(OddFiles, FilesThatAreStillWritten) {
  make_file(path("w.h5"), [](hid_t file) { write_set(file, "samples", {3, 1}, {1, 2, 3}); });
  EXPECT_EQ(read_points(path("w.h5")).points(2, 0), 3);
  {
    const int descriptor = ::open(path("w.h5").c_str(), O_RDWR);
    ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);  // as HDF5's writers do
    EXPECT_REFUSED(read_points(path("w.h5")), "w.h5", "open for writing in another program");
    ::close(descriptor);
  }
  EXPECT_EQ(read_points(path("w.h5")).points(2, 0), 3);
  // The mark that a writer of the newer format leaves when it is killed: a copy of the file while it is open.
  make_file(
      path("s.h5"),
      [&](hid_t file) {
        write_set(file, "samples", {3, 1}, {1, 2, 3});
        H5Fflush(file, H5F_SCOPE_GLOBAL);
        std::filesystem::copy_file(path("s.h5"), path("killed.h5"));
      },
      true);
  EXPECT_REFUSED(read_points(path("killed.h5")), "killed.h5", "marked as open for writing", "h5clear");
  EXPECT_EQ(read_points(path("s.h5")).points(2, 0), 3);
}

TEST_F(OddFiles, AttributesThatAreNoNumbers) {
  make_file(path("a.h5"), [](hid_t file) {
    write_set(file, "samples", {2, 2}, {1, 2, 3, 4});
    const Handle two = space_of({2}), nothing(H5Screate(H5S_NULL), H5Sclose), text(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(text, H5T_VARIABLE);
    const double values[2] = {1, 2};
    const Handle dt(H5Acreate_by_name(file, "samples", "dt", H5T_NATIVE_DOUBLE, two, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    H5Awrite(dt, H5T_NATIVE_DOUBLE, values);
    const Handle names(H5Acreate_by_name(file, "samples", "columns", text, two, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    const char* words[2] = {"phi", "psi"};
    H5Awrite(names, text, words);
    const Handle none(H5Acreate_by_name(file, "samples", "none", H5T_NATIVE_DOUBLE, nothing, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  });
  EXPECT_REFUSED(read_points(path("a.h5")), "/samples", "'dt'", "not one number");
  const auto file = hdf5::File::open(path("a.h5"));
  EXPECT_EQ(file.read_texts("/samples", "columns"), (std::vector<std::string>{"phi", "psi"}));
  EXPECT_REFUSED(file.read_number("/samples", "none", 0), "'none'");
  EXPECT_TRUE(file.read_texts("/samples", "dt").empty());
  EXPECT_EQ(describe(path("a.h5")).size(), 1U);
}

TEST_F(OddFiles, NumbersThatAreNoIntegersAndNetworksThatAreNone) {
  write_arrays(path("i.h5"), {{"/half", {2}, {1, .5}}, {"/nan", {1}, {std::nan("")}}, {"/large", {1}, {1e300}}, {"/good", {2}, {-3, 4}, 2}});
  const auto file = hdf5::File::open(path("i.h5"));
  EXPECT_REFUSED(file.read_integers("/half"), "i.h5", "/half has 0.5", "not an integer");
  EXPECT_REFUSED(file.read_integers("/nan"), "/nan has nan", "not an integer");
  EXPECT_REFUSED(file.read_integers("/large"), "/large", "not an integer");
  EXPECT_EQ(file.read_integers("/good"), (std::vector<Index>{-3, 4}));
  EXPECT_EQ(file.read_integer("/good", "dt", 7), 2);
  EXPECT_EQ(file.read_integer("/half", "dt", 7), 7);

  const auto network = [&](std::vector<double> weights, std::vector<double> biases) {
    AtomicFile out(path("n.h5"));
    auto written = hdf5::File::create(out);
    written.write_array("/W0", weights.data(), {1, weights.size()});
    written.write_vector("/b0", biases);
    written.write_text("/", "activation", "tanh");
    written.close();
    out.commit();
    return path("n.h5");
  };
  EXPECT_EQ(read_perceptron(network({1, 2}, {3})).weights[0](0, 1), 2);
  EXPECT_REFUSED(read_perceptron(network({1, std::nan("")}, {3})), "n.h5", "/W0", "nan", "column 1");
  EXPECT_REFUSED(read_perceptron(network({1, 2}, {HUGE_VAL})), "n.h5", "/b0 has inf");
  EXPECT_REFUSED(read_perceptron(network({}, {3})), "n.h5", "/W0 has no numbers");
}

TEST_F(OddFiles, ColumnsAreNamedByTheFile) {
  const std::vector<std::string> names = {"x", "end-to-end distance, #1", "\xCF\x86"};
  for (const char* name : {"c.h5", "c.csv"}) {
    write_points(path(name), ramp(4, 3), {}, names);
    EXPECT_EQ(read_points(path(name)).columns, names) << name;
    expect_equal(read_points(path(name)).points, ramp(4, 3));
  }
  write_points(path("c.npy"), ramp(4, 3), {}, names);
  EXPECT_TRUE(read_points(path("c.npy")).columns.empty());
  EXPECT_THROW(write_points(path("d.h5"), ramp(4, 2), {}, names), InvalidInput);
  write_points(path("n.csv"), ramp(4, 2), {}, {"1", "2"});
  expect_equal(read_points(path("n.csv")).points, ramp(4, 2));
  EXPECT_EQ(read_points(path("n.csv")).columns, (std::vector<std::string>{"1", "2"}));

  write_points(path("a.csv"), ramp(4, 2), {}, {"x", "y"});
  write_points(path("b.csv"), ramp(4, 2), {}, {"y", "x"});
  write_points(path("c.csv"), ramp(4, 2), {}, {"X", "Y"});
  EXPECT_EQ(read_points(path("a.csv") + "," + path("a.csv")).columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(read_points(path("a.csv") + "," + path("c.csv")).columns.empty());
  EXPECT_REFUSED(read_points(path("a.csv") + "," + path("b.csv")), "a.csv", "b.csv", "the same columns in another order");
}

}  // namespace
}  // namespace kswgd::io::test
