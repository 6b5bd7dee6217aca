// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"

#include <fcntl.h>
#include <kswgd/io/perceptron_file.hpp>
#include <sys/file.h>

#include <memory>

// HDF5 files that are allowed and odd: each is refused by name, or read as what it is.
namespace kswgd::io::test {
namespace {

using OddFiles = Scratch;

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

// Damage of a few bytes makes types that no machine has, and HDF5 1.10 writes beyond its memory when it turns some of them into doubles: types are looked at
// first. A harmless one stands for them here: integers of 16 bytes, which HDF5 converts well and kswgd does not know.
TEST_F(OddFiles, NumbersOfUnknownLayout) {
  const Handle wide(H5Tcopy(H5T_STD_I64LE), H5Tclose), record(H5Tcreate(H5T_COMPOUND, 24), H5Tclose);
  H5Tset_size(wide, 16);
  H5Tset_precision(wide, 128);
  H5Tinsert(record, "x", 0, H5T_NATIVE_DOUBLE);
  H5Tinsert(record, "y", 8, wide);
  const hsize_t three = 3;
  const Handle list(H5Tarray_create2(wide, 1, &three), H5Tclose);
  for (const hid_t type : {hid_t{wide}, hid_t{record}, hid_t{list}}) EXPECT_FALSE(hdf5::is_sound(type));
  const std::vector<hid_t> sound{H5T_NATIVE_DOUBLE, H5T_NATIVE_LDOUBLE, H5T_IEEE_F32BE, H5T_STD_U64BE, H5T_STD_I8LE, H5T_NATIVE_INT, H5T_C_S1};
  for (const hid_t type : sound) {
    EXPECT_TRUE(hdf5::is_sound(type));
    EXPECT_EQ(hdf5::is_real(type), type != H5T_C_S1);
  }

  const std::vector<char> bytes(200, 1);
  make_file(path("l.h5"), [&](hid_t file) {
    const Handle samples = make_set(file, "samples", wide, {3, 2}), records = make_set(file, "records", record, {3}),
                 plain = make_set(file, "plain", H5T_NATIVE_DOUBLE, {1, 1});
    H5Dwrite(samples, wide, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
    H5Dwrite(records, record, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
    const Handle one(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle number(H5Acreate_by_name(file, "plain", "number", wide, one, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    H5Awrite(number, wide, bytes.data());
  });
  const std::string what = "numbers of a layout that is not known here";
  EXPECT_REFUSED(read_points(path("l.h5"), {.dataset = "samples"}), "l.h5", "/samples holds " + what);
  const auto file = hdf5::File::open(path("l.h5"));
  EXPECT_REFUSED(file.read_vector("/samples"), "/samples holds " + what);
  EXPECT_REFUSED(file.read_keys("/samples"), "/samples holds " + what);
  EXPECT_REFUSED(file.read_number("/plain", "number", 0), "'number' of " + what);
  EXPECT_EQ(file.read_text("/plain", "number", ""), "...");
  EXPECT_TRUE(file.read_numbers("/plain", "number").empty());
  const auto fields = file.fields("/records");
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].kind, "");
  EXPECT_NE(fields[1].kind.find(what), std::string::npos);
  EXPECT_NE(describe(path("l.h5")).size(), 0U);
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
