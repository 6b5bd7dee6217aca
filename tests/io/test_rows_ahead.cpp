// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/io/rows_ahead.hpp>
#include <kswgd/systems/systems.hpp>

#include <algorithm>

// Rows that stay in their files are the rows that are read into memory, in whatever order they are asked for.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using namespace kswgd::io;
using namespace kswgd::io::test;
using Exec = Kokkos::DefaultExecutionSpace;
using kswgd::io::test::refusal;

constexpr Index n = 100'000;  // more than two blocks

class RowsAheadTest : public Scratch {
 protected:
  /// The same points in each format; HDF5 in chunks, packed.
  std::vector<std::string> written(const HostPoints& points) const {
    write_points(path("a.npy"), points, {});
    write_points(path("a.csv"), points, {});
    const Index d = static_cast<Index>(points.extent(1));
    std::vector<double> by_row;
    for (std::size_t i = 0; i < points.extent(0); ++i)
      for (std::size_t k = 0; k < points.extent(1); ++k) by_row.push_back(points(i, k));
    make_file(path("a.h5"), [&](hid_t file) {
      const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      const hsize_t chunk[2] = {3000, static_cast<hsize_t>(d)};
      H5Pset_chunk(properties, 2, chunk);
      H5Pset_deflate(properties, 1);
      write_set(file, "samples", {static_cast<hsize_t>(points.extent(0)), static_cast<hsize_t>(d)}, by_row, H5T_NATIVE_DOUBLE, properties);
    });
    std::string row_by_row = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + std::to_string(points.extent(0)) + ", " + std::to_string(d) + "), }";
    row_by_row.append((64 - (10 + row_by_row.size() + 1) % 64) % 64, ' ');
    row_by_row += '\n';
    const char length[2] = {static_cast<char>(row_by_row.size() & 0xff), static_cast<char>(row_by_row.size() >> 8)};
    write("c.npy", std::string("\x93NUMPY\x01\x00", 8) + std::string(length, 2) + row_by_row +
                       std::string(reinterpret_cast<const char*>(by_row.data()), by_row.size() * sizeof(double)));
    return {path("a.h5"), path("a.npy"), path("c.npy"), path("a.csv")};
  }
};

Table in_place(const std::string& file, ReadOptions options = {}) {
  options.in_place = true;
  return read_points(file, options);
}

/// Rows [first, first + count) of the data are those of the points.
void expect_rows(const DataSet<Exec>& data, const HostPoints& points, Index first, Index count, const std::string& what) {
  const auto tile = allocate<Points<Exec>>(Exec{}, "test::tile", count, data.dimension());
  data.read(Exec{}, first, count, tile);
  const auto host = on_host(tile);
  for (Index i = 0; i < count; ++i)
    for (Index k = 0; k < data.dimension(); ++k) ASSERT_EQ(host(i, k), points(first + i, k)) << what << ", row " << first + i;
}

TEST_F(RowsAheadTest, AreThoseOfMemoryInAnyOrder) {
  const HostPoints points = cloud(n, {1, 2, 3}, 1, 1);
  for (const std::string& file : written(points)) {
    const std::size_t files_before = files();
    const Table table = in_place(file);
    EXPECT_EQ(files(), files_before);  // the copy of a text has no name
    ASSERT_TRUE(table.is_in_place());
    EXPECT_EQ(table.points.extent(0), 0U);
    EXPECT_EQ(table.rows(), n);
    const auto data = make_source(Exec{}, table);
    for (int walk = 0; walk < 2; ++walk)
      for (Index first = 0; first < n; first += 7000) expect_rows(data, points, first, std::min<Index>(7000, n - first), file);
    for (Index first = 0; first + 9000 <= n; first += 5000) {  // pairs at a lag
      expect_rows(data, points, first, 5000, file);
      expect_rows(data, points, first + 4000, 5000, file);
    }
    const IndexedRandom random(1, 1);
    for (std::uint64_t i = 0; i < 40; ++i) {
      const auto first = static_cast<Index>(random.below(n - 1, 2 * i));
      expect_rows(data, points, first, std::min<Index>(n - first, 1 + static_cast<Index>(random.below(i < 30 ? 500 : 60000, 2 * i + 1))), file);
    }
    expect_rows(data, points, 0, n, file);
  }
}

TEST_F(RowsAheadTest, StridesListsTrajectoriesAndParts) {
  const HostPoints points = cloud(n, {1, 2}, 1, 2);
  written(points);
  write_trajectories(path("t.h5"), points, 8, 0.5, {});
  const std::string list = path("a.csv") + "," + path("a.h5") + "," + path("c.npy");
  for (const std::string& file : {path("t.h5"), list})
    for (const Index stride : {1, 3})
      for (const Index parts : {1, 2, 3}) {
        const Table all = read_points(file, {.stride = stride, .as_trajectory = true});
        Index before = 0;
        for (Index part = 0; part < parts; ++part) {
          const Table table = in_place(file, {.stride = stride, .as_trajectory = true, .part = part, .parts = parts});
          ASSERT_EQ(table.rows(), rows(all.points));
          ASSERT_EQ(table.first, before);
          EXPECT_EQ(table.lengths, all.lengths);
          EXPECT_EQ(table.dt, all.dt);
          before += table.held;
          RowsAhead ahead(table);
          Index next = table.first;
          ahead.visit(table.first, table.held, [&](const HostPoints& block, Index from, Index count, Index to) {
            ASSERT_EQ(table.first + to, next);
            for (Index i = 0; i < count; ++i)
              for (Index k = 0; k < 2; ++k) ASSERT_EQ(block(from + i, k), all.points(next + i, k)) << file << ", row " << next + i;
            next += count;
          });
          EXPECT_EQ(next, table.first + table.held);
        }
        EXPECT_EQ(before, rows(all.points));
      }
}

TEST_F(RowsAheadTest, WeightsAreThoseOfThePart) {
  const HostPoints points = cloud(3000, {1, 2}, 1, 3), weights = cloud(3000, {5}, 0.1, 4);
  write_points(path("a.npy"), points, {});
  write_points(path("w.csv"), weights, {});
  const Table table = in_place(path("a.npy"), {.weights = path("w.csv"), .part = 1, .parts = 2});
  ASSERT_TRUE(table.is_weighted);
  ASSERT_EQ(table.weights.size(), 1500U);
  for (Index i = 0; i < 1500; ++i) EXPECT_EQ(table.weights[static_cast<std::size_t>(i)], weights(1500 + i, 0));
}

TEST_F(RowsAheadTest, FitsAreTheSame) {
  HostPoints points = draw_exact("quadruple-well", n, 0, 5);
  for (Index i = 0; i < n; i += 50)  // rows that repeat others, and weights: rows are picked from what is read
    for (Index k = 0; k < 2; ++k) points(i, k) = points(i + 1, k);
  FitOptions<Exec> options;
  options.features = 12;
  options.modes = 4;
  for (const bool weighted : {false, true}) {
    std::vector<double> weights;
    for (Index i = 0; i < n; ++i) weights.push_back(i % 9 == 0 ? 0.0 : 1 + 0.5 * static_cast<double>(i % 3));
    DataSet<Exec> held = make_source(Exec{}, Points<Exec>(to_device(Exec{}, points)));
    if (weighted) held.set_weights(weights);
    const ModelData expected = fit_generator(Exec{}, held, options);
    for (const std::string& file : written(points)) {
      DataSet<Exec> data = make_source(Exec{}, in_place(file));
      if (weighted) data.set_weights(weights);
      const ModelData model = fit_generator(Exec{}, data, options);
      ASSERT_EQ(model.spectrum.pairs.size(), expected.spectrum.pairs.size());
      for (Index k = 0; k < model.spectrum.pairs.size(); ++k) EXPECT_EQ(model.spectrum.pairs.values(k), expected.spectrum.pairs.values(k)) << file;
      EXPECT_TRUE(same(model.held_out, expected.held_out, 0));
      EXPECT_TRUE(same(model.training_subset, expected.training_subset, 0));
      EXPECT_EQ(model.spectrum.read_out.values, expected.spectrum.read_out.values);
      EXPECT_EQ(model.provenance.notes, expected.provenance.notes);
    }
  }
}

TEST_F(RowsAheadTest, PairsAtALagAreTheSame) {
  const HostPoints points = cloud(n, {0, 0}, 1, 6);
  for (Index i = 1; i < n; ++i)
    for (Index k = 0; k < 2; ++k) points(i, k) = 0.9 * points(i - 1, k) + std::sqrt(1 - 0.81) * points(i, k);
  FitOptions<Exec> options;
  options.features = 12;
  options.modes = 3;
  DataSet<Exec> held = make_source(Exec{}, Points<Exec>(to_device(Exec{}, points)));
  held.set_trajectories({{n}, 1});
  const std::vector<std::string> all = written(points);
  for (const Index lag : {3, 50'000}) {
    const ModelData expected = fit_edmd(Exec{}, held, lag, options);
    for (const std::string& file : {all[0], all[1]}) {
      DataSet<Exec> data = make_source(Exec{}, in_place(file));
      data.set_trajectories({{n}, 1});
      const ModelData model = fit_edmd(Exec{}, data, lag, options);
      for (Index k = 0; k < model.spectrum.pairs.size(); ++k) EXPECT_EQ(model.spectrum.pairs.values(k), expected.spectrum.pairs.values(k)) << file << lag;
    }
  }
}

/// Walks over the data in tiles.
void walk(const DataSet<Exec>& data) {
  walk_tiles(Exec{}, data, 1, [](Index, Index, const Points<Exec>&) {});
}

TEST_F(RowsAheadTest, AFileThatChangesIsNamed) {
  const HostPoints points = cloud(n, {1, 2, 3}, 1, 7);
  written(points);
  for (const char* name : {"a.h5", "a.npy", "c.npy"}) {
    const std::string file = path(name), bytes = content(file);
    const auto gone = make_source(Exec{}, in_place(file));
    walk(gone);
    std::filesystem::remove(file);
    EXPECT_REFUSED(walk(gone), name, "was removed while its rows were being read");

    write(name, bytes);
    const auto other = make_source(Exec{}, in_place(file));
    write(name, bytes);  // another file of this name
    EXPECT_REFUSED(walk(other), name, "was changed while its rows were being read");

    const auto shorter = make_source(Exec{}, in_place(file));
    std::filesystem::resize_file(file, bytes.size() / 2);
    EXPECT_REFUSED(walk(shorter), name, "was changed while its rows were being read");
  }
  const auto copied = make_source(Exec{}, in_place(path("a.csv")));
  std::filesystem::remove(path("a.csv"));
  expect_rows(copied, points, 0, n, "a.csv");
}

TEST_F(RowsAheadTest, ARowThatIsNotFiniteIsNamed) {
  const HostPoints points = cloud(n, {1, 2, 3}, 1, 8);
  points(90'001, 2) = std::numeric_limits<double>::quiet_NaN();
  const auto all = written(points);
  for (const std::string& file : {all[0], all[1], all[2]}) EXPECT_REFUSED(walk(make_source(Exec{}, in_place(file))), file, "row 90001", "column 2");
  EXPECT_REFUSED(in_place(all[3]), "a.csv", "line 90002");
  EXPECT_REFUSED(RowsAhead(read_points(path("a.npy"), {.stride = 7})), "was not read in place");
}

TEST_F(RowsAheadTest, RowsButSomeAreReadWithoutAList) {
  const HostPoints points = cloud(n, {1, 2}, 1, 9);
  write_points(path("a.npy"), points, {});
  const std::vector<Index> gone{0, 1, 2, 4095, 40'960, 81'919, 99'999};
  const auto data = without_rows(make_source(Exec{}, in_place(path("a.npy"))), gone);
  ASSERT_EQ(data.size(), n - 7);
  const HostPoints kept("kept", n - 7, 2);
  for (Index i = 0, to = 0; i < n; ++i)
    if (!std::binary_search(gone.begin(), gone.end(), i)) {
      for (Index k = 0; k < 2; ++k) kept(to, k) = points(i, k);
      ++to;
    }
  for (Index first = 0; first < n - 7; first += 3333) expect_rows(data, kept, first, std::min<Index>(3333, n - 7 - first), "all but some");
}

}  // namespace
