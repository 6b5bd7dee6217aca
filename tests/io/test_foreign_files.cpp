// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/particles_file.hpp>

#include "files/expected.hpp"
#include "foreign.hpp"

#include <algorithm>
#include <cmath>
#include <kswgd/geometry/collective_variables.hpp>

// Files that other programs wrote (files/make_files.py, files/make_lammps.c): read right, or refused with the reason.
namespace {

using namespace kswgd;
using namespace kswgd::io::test;
using io::ArrayLayout;

std::string file(const std::string& name) { return std::string(KSWGD_TEST_FILES) + "/" + name; }

class Foreign : public Scratch {};

/// 100 t + 10 n + k + 1/8, as the ramps in the files are.
double ramp_at(Index t, Index n, Index k) { return 100.0 * double(t) + 10.0 * double(n) + double(k) + 0.125; }

/// Both layouts of a ramp of T x N x d.
void expect_ramp(const std::string& name, const std::string& dataset, Index frames, Index particles, Index dimension, double dt, const char* last_column) {
  SCOPED_TRACE(name);
  const auto walkers = io::read_points(file(name), {.dataset = dataset, .layout = ArrayLayout::trajectories});
  ASSERT_EQ(rows(walkers.points), frames * particles);
  ASSERT_EQ(walkers.lengths, std::vector<Index>(static_cast<std::size_t>(particles), frames));
  EXPECT_NEAR(walkers.dt, dt, 1e-3 * dt);
  const auto path = io::read_points(file(name), {.dataset = dataset, .layout = ArrayLayout::frames});
  ASSERT_EQ(rows(path.points), frames);
  ASSERT_EQ(columns(path.points), particles * dimension);
  EXPECT_EQ(path.lengths, std::vector<Index>{frames});
  EXPECT_EQ(path.columns.back(), last_column);
  for (Index t = 0; t < frames; ++t)
    for (Index n = 0; n < particles; ++n)
      for (Index k = 0; k < dimension; ++k) {
        ASSERT_EQ(walkers.points(n * frames + t, k), ramp_at(t, n, k)) << t << " " << n << " " << k;
        ASSERT_EQ(path.points(t, n * dimension + k), ramp_at(t, n, k)) << t << " " << n << " " << k;
      }
  // A stride, and the rows of one rank of three.
  const auto every_third = io::read_points(file(name), {.dataset = dataset, .stride = 3, .layout = ArrayLayout::trajectories});
  EXPECT_EQ(every_third.lengths, std::vector<Index>(static_cast<std::size_t>(particles), (frames + 2) / 3));
  EXPECT_EQ(every_third.points(1, 0), ramp_at(3, 0, 0));
  const auto part = io::read_points(file(name), {.dataset = dataset, .part = 1, .parts = 3, .layout = ArrayLayout::trajectories});
  EXPECT_EQ(part.rows(), frames * particles);
  for (Index i = 0; i < rows(part.points); ++i) ASSERT_EQ(part.points(i, 0), walkers.points(part.first + i, 0));
  EXPECT_REFUSED(io::read_points(file(name), {.dataset = dataset}), "say with --layout", std::to_string(frames) + " frames of " + std::to_string(particles));
}

/// Whether some note has this in it.
bool says(const std::vector<std::string>& notes, const std::string& part) {
  return std::any_of(notes.begin(), notes.end(), [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

TEST_F(Foreign, ArraysOfThreeDimensions) {
  expect_ramp("frames.npy", "", 5, 3, 2, 0, "y2");
  expect_ramp("fortran.npy", "", 5, 3, 2, 0, "y2");
  expect_ramp("frames.h5", "walkers", 5, 3, 2, 0.25, "y2");
  EXPECT_REFUSED(io::read_points(file("pandas_fixed.h5"), {.layout = ArrayLayout::frames}), "no frames x particles x coordinates");
  EXPECT_TRUE(says(io::read_points(file("frames.h5"), {.dataset = "walkers", .layout = ArrayLayout::frames}).notes, "dt is 0.25"));
}

TEST_F(Foreign, H5mdOfLammps) {
  expect_ramp("lammps.h5", "", 7, 4, 3, 0.5, "z3");
  const auto particles = io::read_particles(file("lammps.h5"));
  EXPECT_EQ(particles.periodic, (std::vector<bool>{true, false, true}));
  double edges[9] = {};
  particles.box(2, edges);
  EXPECT_EQ(edges[0], 12);
  EXPECT_EQ(edges[4], 20);
  EXPECT_EQ(edges[1], 0);
}

TEST_F(Foreign, H5mdOfPyh5md) {
  expect_ramp("pyh5md_time.h5", "", 8, 4, 2, 0.05, "y3");
  expect_ramp("pyh5md_time.h5", "/particles/all", 8, 4, 2, 0.05, "y3");
  expect_ramp("pyh5md_linear.h5", "all", 8, 4, 3, 0.5, "z3");
  expect_ramp("pyh5md_stopped.h5", "/particles/all/position", 5, 4, 3, 0.5, "z3");
  EXPECT_TRUE(says(io::read_points(file("pyh5md_stopped.h5"), {.layout = ArrayLayout::frames}).notes, "has 6 frames and /particles/all/position/step 5"));
  EXPECT_TRUE(says(io::read_points(file("pyh5md_linear.h5"), {.layout = ArrayLayout::frames}).notes, "/particles/all/position/time says so"));
  const auto energy = io::read_points(file("pyh5md_linear.h5"), {.dataset = "observables/energy"});
  EXPECT_EQ(energy.lengths, std::vector<Index>{8});
  EXPECT_EQ(energy.dt, 0.5);
  EXPECT_EQ(energy.points(3, 0), ramp_at(3, 0, 0));
  const auto box = io::read_particles(file("pyh5md_linear.h5"));
  double edges[9] = {};
  box.box(0, edges);
  EXPECT_EQ(edges[4], 4);
}

TEST_F(Foreign, Molecules) {
  for (const char* name : {"mdanalysis.h5md", "through_xtc.h5md", "amber4.nc", "mdtraj.h5"}) {
    SCOPED_TRACE(name);
    const bool xtc = std::string(name) == "through_xtc.h5md";
    const auto particles = io::read_particles(file(name));
    const double unit = particles.length_unit.rfind("n", 0) == 0 ? 0.1 : 1;  // nm, nanometers: the unit stands in each file
    ASSERT_EQ(particles.frames, 12);
    ASSERT_EQ(particles.count, 6);
    EXPECT_EQ(io::stretches_of(particles.clock, particles.path, particles.frames, 1).dt, 2.0);
    EXPECT_FALSE(particles.length_unit.empty());
    EXPECT_FALSE(particles.clock.time_unit.empty());
    const CollectiveVariables wanted{.torsions = {{0, 1, 2, 3}, {2, 3, 4, 5}}, .distances = {{0, 5}, {1, 4}}, .angles = {{0, 1, 2}, {3, 4, 5}}};
    wanted.check(particles.count, particles.dimension);
    std::vector<double> positions(18), edges(9), values(6);
    for (Index t = 0; t < particles.frames; ++t) {
      particles.read(t, 1, 1, positions.data());
      particles.box(t, edges.data());
      wanted.evaluate(periodic_box(edges, particles.periodic), positions.data(), 3, t, values.data());
      // MDAnalysis takes boxes in single precision, XTC rounds to .01 Angstrom.
      for (std::size_t k = 0; k < 6; ++k)
        EXPECT_NEAR(values[k], expected::variables[t][k] * (k == 2 || k == 3 ? unit : 1), xtc ? 0.05 : 2e-5) << "frame " << t << ", column " << k;
    }
  }
}

TEST_F(Foreign, Openpmd) {
  EXPECT_REFUSED(io::read_points(file("openpmd.h5")), "3 frames of 5 particles in 3 coordinates", "--layout");
  EXPECT_REFUSED(io::read_points(file("openpmd.h5"), {.layout = ArrayLayout::frames}), "particles come and go", "--layout trajectories");
  const auto walkers = io::read_points(file("openpmd.h5"), {.layout = ArrayLayout::trajectories});
  // The particle of the largest id is gone in the last iteration; position in metres: unitSI and positionOffset.
  EXPECT_EQ(walkers.lengths, (std::vector<Index>{3, 3, 3, 3, 2}));
  EXPECT_EQ(walkers.names.back(), "1152921504606846977");
  EXPECT_NEAR(walkers.dt, 5e-15, 1e-20);
  const double iterations[] = {90, 100, 110};
  for (Index n = 0, row = 0; n < 5; ++n)
    for (Index t = 0; t < walkers.lengths[static_cast<std::size_t>(n)]; ++t, ++row)
      for (Index k = 0; k < 3; ++k) EXPECT_NEAR(walkers.points(row, k), (iterations[t] + 10.0 * double(n) + double(k)) * 1e-6 + 2e-3, 1e-15);
  EXPECT_TRUE(says(walkers.notes, "SI units"));
  const auto one = io::read_points(file("openpmd.h5"), {.dataset = "/data/100/particles/electrons"});
  ASSERT_EQ(rows(one.points), 5);
  ASSERT_TRUE(one.is_weighted);
  for (Index i = 0; i < 5; ++i) EXPECT_NEAR(one.weights[static_cast<std::size_t>(i)], 1 + (one.points(i, 0) * 1e6 - 2000 - 100) / 10, 1e-6);
  // macroWeighted: momenta of macroparticles are divided by their weights.
  const auto momentum = io::read_points(file("openpmd.h5"), {.dataset = "electrons/momentum", .layout = ArrayLayout::trajectories});
  EXPECT_NEAR(momentum.points(3, 0), (90 + 10) / 2.0, 1e-12);
  EXPECT_REFUSED(io::read_points(file("openpmd.h5"), {.dataset = "protons", .layout = ArrayLayout::trajectories}), "has no /data/90/particles/protons");
}

TEST_F(Foreign, TablesOfPytables) {
  const auto rows_of = io::read_points(file("pytables.h5"), {.dataset = "rows"});
  ASSERT_EQ(rows_of.points.extent(1), 5U);
  EXPECT_EQ(rows_of.points(3, 0), 3.5);
  EXPECT_EQ(rows_of.points(3, 1), -3);
  EXPECT_EQ(rows_of.points(3, 2), 9);
  EXPECT_EQ(rows_of.points(3, 4), 6);
  EXPECT_EQ(io::read_points(file("pytables.h5"), {.dataset = "rows", .stride = 2, .part = 1, .parts = 3}).points(0, 0), 2.5);
  EXPECT_EQ(io::read_points(file("pytables.h5"), {.dataset = "flagged/n"}).points(5, 0), 25);
  EXPECT_EQ(io::read_points(file("pytables.h5"), {.dataset = "array"}).points(5, 1), 11);
  EXPECT_REFUSED(io::read_points(file("pytables.h5"), {.dataset = "flagged"}), "truth values", "column inside of /flagged");
  EXPECT_REFUSED(io::read_points(file("pytables.h5"), {.dataset = "flagged/inside"}), "truth values");
  EXPECT_REFUSED(io::read_points(file("pytables.h5"), {.dataset = "flags"}), "truth values");
  EXPECT_REFUSED(io::read_points(file("pytables.h5")), "/rows (6");
}

TEST_F(Foreign, FramesOfPandas) {
  for (const char* name : {"pandas_fixed.h5", "pandas_table.h5", "pandas_columns.h5"}) {
    SCOPED_TRACE(name);
    for (const char* dataset : {"", "points"}) {
      const auto data = io::read_points(file(name), {.dataset = dataset});
      ASSERT_EQ(rows(data.points), 5);
      EXPECT_EQ(data.columns, (std::vector<std::string>{"x", "y"}));
      EXPECT_EQ(data.points(3, 0), 3);
      EXPECT_EQ(data.points(3, 1), 9);
    }
  }
  EXPECT_REFUSED(io::read_points(file("pandas_mixed.h5")), "of 3 types", "(x, y; n; inside)", "astype(float)");
}

TEST_F(Foreign, Netcdf) {
  const auto x = io::read_points(file("netcdf4.nc"), {.dataset = "x"});
  ASSERT_EQ(rows(x.points), 4);
  EXPECT_EQ(x.points(3, 1), 7);
  EXPECT_EQ(x.dt, 0.5);
  EXPECT_EQ(x.lengths, std::vector<Index>{4});
  EXPECT_TRUE(says(x.notes, "/x has 4 frames and /time 6"));
  EXPECT_EQ(io::read_points(file("netcdf4.nc"), {.dataset = "packed"}).points(5, 1), 11);
  EXPECT_REFUSED(io::read_points(file("netcdf4.nc"), {.dataset = "gap"}), "fill value -99 in /gap, row 2, column 1");
  EXPECT_REFUSED(io::read_points(file("netcdf4.nc"), {.dataset = "hole"}), "fill value 9.96921e+36 in /hole, row 2, column 1");
  EXPECT_REFUSED(io::read_points(file("netcdf4.nc"), {.dataset = "late"}), "/late (6 x 2) was written in part");
  EXPECT_REFUSED(io::read_points(file("netcdf4.nc")), "it holds", "/packed (6 x 2)");
  EXPECT_REFUSED(io::read_points(file("mdanalysis.ncdf")), "classic netCDF (netCDF-3)", "nccopy -k nc4");
  EXPECT_REFUSED(io::read_points(write("molecule.xtc", "")), "MDAnalysis");
}

// The conventions of netCDF make what lies beyond a valid range missing; signed types stood for unsigned ones before it had these.
TEST_F(Foreign, NetcdfLeavesOutWhatIsNotValid) {
  const auto note = [](hid_t at, const char* name, std::vector<double> numbers) {
    const Handle attribute(H5Acreate2(at, name, H5T_NATIVE_DOUBLE, space_of({numbers.size()}), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    ASSERT_GE(H5Awrite(attribute, H5T_NATIVE_DOUBLE, numbers.data()), 0);
  };
  const auto text = [](hid_t at, const char* name, const std::string& value) {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    ASSERT_GE(H5Tset_size(type, value.size()), 0);
    const Handle attribute(H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    ASSERT_GE(H5Awrite(attribute, type, value.data()), 0);
  };
  make_file(path("v.nc"), [&](hid_t root) {
    text(root, "_NCProperties", "version=2");
    for (const char* name : {"low", "range", "good", "bytes"}) write_set(root, name, {3, 2}, {-5, 1, 2, 3, 4, 99}, H5T_NATIVE_SCHAR);
    note(Handle(H5Dopen2(root, "low", H5P_DEFAULT), H5Dclose), "valid_min", {0});
    note(Handle(H5Dopen2(root, "range", H5P_DEFAULT), H5Dclose), "valid_range", {-10, 50});
    note(Handle(H5Dopen2(root, "good", H5P_DEFAULT), H5Dclose), "valid_max", {99});
    text(Handle(H5Dopen2(root, "bytes", H5P_DEFAULT), H5Dclose), "_Unsigned", "true");
  });
  EXPECT_REFUSED(io::read_points(path("v.nc"), {.dataset = "low"}), "-5 in /low, row 0, column 0", "valid range from 0 to inf");
  EXPECT_REFUSED(io::read_points(path("v.nc"), {.dataset = "range"}), "99 in /range, row 2, column 1", "valid range from -10 to 50");
  EXPECT_REFUSED(io::read_points(path("v.nc"), {.dataset = "bytes"}), "-5 in /bytes, row 0, column 0", "_Unsigned");
  EXPECT_EQ(io::read_points(path("v.nc"), {.dataset = "good"}).points(2, 1), 99);
}

TEST_F(Foreign, H5mdWhoseParticlesChangeTheirOrderIsMatchedById) {
  write_arrays(path("ids.h5"), {{"/particles/a/position/value", {3, 2, 1}, {1, 2, 12, 11, 21, 22}},
                                {"/particles/a/position/step", {3}, {0, 10, 20}},
                                {"/particles/a/id/value", {3, 2}, {1, 2, 2, 1, 1, 2}},
                                {"/particles/a/id/step", {3}, {0, 10, 20}}});
  const auto data = io::read_points(path("ids.h5"), {.layout = ArrayLayout::trajectories});
  EXPECT_EQ(data.names, (std::vector<std::string>{"1", "2"}));
  for (Index t = 0; t < 3; ++t)
    for (Index n = 0; n < 2; ++n) EXPECT_EQ(data.points(n * 3 + t, 0), 10.0 * double(t) + double(n) + 1);
  EXPECT_EQ(data.dt, 0);  // steps alone
  EXPECT_TRUE(says(data.notes, "says steps and nothing says how long one is"));
  write_arrays(path("twice.h5"), {{"/particles/a/position/value", {2, 2, 1}, {1, 2, 12, 11}},
                                  {"/particles/a/position/step", {2}, {0, 10}},
                                  {"/particles/a/id/value", {2, 2}, {1, 2, 2, 2}},
                                  {"/particles/a/id/step", {2}, {0, 10}}});
  EXPECT_REFUSED(io::read_points(path("twice.h5"), {.layout = ArrayLayout::trajectories}), "the particle 2 twice in frame 1");
}

TEST_F(Foreign, GapsInTimeEndTrajectoriesOfAllParticles) {
  write_arrays(path("gap.h5"), {{"/particles/a/position/value", {5, 2, 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
                                {"/particles/a/position/time", {5}, {0, 1, 2, 7, 8}},
                                {"/particles/a/position/step", {5}, {0, 1, 2, 7, 8}}});
  EXPECT_EQ(io::read_points(path("gap.h5"), {.layout = ArrayLayout::trajectories}).lengths, (std::vector<Index>{3, 2, 3, 2}));
  EXPECT_EQ(io::read_points(path("gap.h5"), {.layout = ArrayLayout::frames}).lengths, (std::vector<Index>{3, 2}));
}

}  // namespace
