// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <kswgd/io/evaluation_file.hpp>

#include "scratch.hpp"

namespace kswgd::io::test {
namespace {

using EvaluationFile = Scratch;

const FileStamp stamp{7, "1.2", "abc", "Serial", "kswgd evaluate"};

/// Number k of the result `which` at point i.
double number(int which, Index i, Index k) { return 1000.0 * which + static_cast<double>(i) + 0.001 * static_cast<double>(k) + 0.125; }

HostPoints numbers(int which, Index first, Index count, Index columns) {
  const HostPoints values("numbers", count, columns);
  for (Index i = 0; i < count; ++i)
    for (Index k = 0; k < columns; ++k) values(i, k) = number(which, first + i, k);
  return values;
}

/// Results of r = 3 functions in d = 2 at the points [first, first + count).
Evaluation functions_at(Index first, Index count) {
  return {numbers(0, first, count, 3), {numbers(1, first, count, 2), numbers(2, first, count, 2), numbers(3, first, count, 2)}, {}, {}, {}, {}, {}};
}
Evaluation density_at(Index first, Index count) {
  return {{}, {}, numbers(4, first, count, 1), numbers(5, first, count, 1), numbers(6, first, count, 2), numbers(7, first, count, 2), {}};
}
Evaluation all_of(Index n) {
  Evaluation all = functions_at(0, n);
  const Evaluation density = density_at(0, n);
  all.log_density = density.log_density;
  all.log_density_error = density.log_density_error;
  all.score = density.score;
  all.score_error = density.score_error;
  all.normalisation = "by a bridge";
  return all;
}

EvaluationShape shape_of(Index n) { return {n, 3, 3, 2, "by a bridge"}; }

/// One walk for the functions and one for the density, each in tiles of its own.
void in_parts(const std::string& path, Index n) {
  write_evaluation(path, shape_of(n), stamp, [&](const PlaceResults& place) {
    for (Index first = 0; first < n; first += 300) place(first, functions_at(first, std::min<Index>(300, n - first)));
    for (Index first = 0; first < n; first += 170) place(first, density_at(first, std::min<Index>(170, n - first)));
  });
}

TEST_F(EvaluationFile, PartsMakeTheBytesOfTheWhole) {
  const Index n = 1000;
  for (const std::string extension : {".h5", ".npy", ".csv"}) {
    SCOPED_TRACE(extension);
    write_evaluation(path("whole" + extension), all_of(n), stamp);
    in_parts(path("parts" + extension), n);
    const auto whole = evaluation_files(path("whole" + extension)), parts = evaluation_files(path("parts" + extension));
    ASSERT_EQ(parts.size(), extension == ".h5" ? 1U : 6U);
    for (std::size_t f = 0; f < parts.size(); ++f) EXPECT_TRUE(content(parts[f]) == content(whole[f])) << parts[f];
  }
  EXPECT_EQ(files(), 26U);
}

TEST_F(EvaluationFile, EachNumberIsInItsPlace) {
  const Index n = 1000;
  in_parts(path("e.h5"), n);
  in_parts(path("e.npy"), n);
  in_parts(path("e.csv"), n);
  const char* const names[] = {"eigenfunctions", "log_density", "log_density_error", "score", "score_error"};
  const int which[] = {0, 4, 5, 6, 7};
  for (std::size_t j = 0; j < 5; ++j) {
    SCOPED_TRACE(names[j]);
    const HostPoints expected = numbers(which[j], 0, n, j == 0 ? 3 : j > 2 ? 2 : 1);
    expect_equal(read_points(path("e.h5"), {.dataset = std::string("/") + names[j]}).points, expected);
    expect_equal(read_points(path(std::string("e_") + names[j] + ".npy")).points, expected);
    expect_equal(read_points(path(std::string("e_") + names[j] + ".csv")).points, expected);
  }
  const HostPoints in_hdf5 = read_points(path("e.h5"), {.dataset = "/gradients", .layout = ArrayLayout::frames}).points,
                   in_npy = read_points(path("e_gradients.npy")).points;
  ASSERT_EQ(in_hdf5.extent(1), 6U);
  for (Index i = 0; i < n; ++i)
    for (int j = 0; j < 3; ++j)
      for (Index k = 0; k < 2; ++k) {
        ASSERT_EQ(in_hdf5(i, 2 * j + k), number(1 + j, i, k));
        ASSERT_EQ(in_npy(i, 2 * j + k), number(1 + j, i, k));
      }
  const hdf5::File file = hdf5::File::open(path("e.h5"));
  EXPECT_EQ(file.read_text("/log_density", "normalisation", ""), "by a bridge");
  EXPECT_EQ(file.read_text("/", "command", ""), stamp.command);
  EXPECT_EQ(file.read_integer("/", "seed", 0), 7);
  for (const char* dataset : {"/eigenfunctions", "/gradients", "/log_density", "/score_error"}) EXPECT_NO_THROW(file.require_data(dataset)) << dataset;
}

TEST_F(EvaluationFile, AWalkThatFailsLeavesNothing) {
  for (const char* name : {"e.h5", "e.npy", "e.csv"}) {
    EXPECT_THROW(write_evaluation(path(name), shape_of(10), stamp,
                                  [](const PlaceResults& place) {
                                    place(0, functions_at(0, 5));
                                    throw Failure("no more");
                                  }),
                 Failure);
    EXPECT_EQ(files(), 0U) << name;
  }
}

TEST_F(EvaluationFile, PartsThatDoNotMakeUpTheWholeAreRefused) {
  const auto of_parts = [&](const char* name, std::initializer_list<Span> parts) {
    write_evaluation(path(name), {10, 3, 0, 0, ""}, stamp, [&](const PlaceResults& place) {
      for (const auto& [first, last] : parts) place(first, {numbers(0, first, last - first, 3), {}, {}, {}, {}, {}, {}});
    });
  };
  EXPECT_REFUSED(of_parts("e.npy", {{0, 5}}), "5 of 10 rows were given");
  EXPECT_REFUSED(of_parts("e.csv", {{5, 10}, {0, 5}}), "rows [5, 10)", "have no place among 10");
  EXPECT_REFUSED(of_parts("e.npy", {{0, 11}}), "rows [0, 11)");
  EXPECT_NO_THROW(of_parts("e.npy", {{5, 10}, {0, 5}}));
  expect_equal(read_points(path("e_eigenfunctions.npy")).points, numbers(0, 0, 10, 3));
}

/// 12 MiB of results in 1 MiB of room, played by a limit on the size of files: known before the walk.
TEST_F(EvaluationFile, AFullDiskIsKnownBeforeTheWork) {
  for (const char* name : {"e.h5", "e.npy"}) {
    SCOPED_TRACE(name);
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{1 << 20, 1 << 20};
      setrlimit(RLIMIT_FSIZE, &limit);
      int result = 1;
      try {
        write_evaluation(path(name), shape_of(Index{1} << 17), stamp, [&](const PlaceResults&) { result = 2; });
      } catch (const Failure& error) {
        result = result == 2 ? 2 : std::string(error.what()).find(m_folder.string()) == std::string::npos ? 3 : 4;
      }
      std::exit(result);  // with HDF5's own clean-up at exit
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 4);
    EXPECT_EQ(files(), 0U);
  }
}

/// Where a system has no files of the memory alone.
TEST_F(EvaluationFile, ALayoutInHdf5sMemoryIsTheSame) {
  std::vector<std::string> contents;
  for (const bool sparse : {true, false}) {
    AtomicFile out(path("e.h5"));
    auto file = hdf5::File::create_for_parts(out, 3000 + 5, 512, sparse);
    const Index a = file.make_room("/a", {1000, 3});
    file.write_text("/", "note", "between");
    const Index b = file.make_room("/b", {5});
    file.make_room("/none", {0, 2});
    file.close();
    const auto values = numbers(1, 0, 1, 3005);
    out.overwrite(static_cast<std::size_t>(b), values.data() + 3000, 5 * sizeof(double));
    out.overwrite(static_cast<std::size_t>(a), values.data(), 3000 * sizeof(double));
    out.commit();
    contents.push_back(content(path("e.h5")));
    const hdf5::File read = hdf5::File::open(path("e.h5"));
    const HostPoints matrix = read.read_matrix("/a");
    ASSERT_EQ(matrix.extent(0), 1000U);
    for (Index i = 0; i < 1000; ++i)
      for (Index k = 0; k < 3; ++k) ASSERT_EQ(matrix(i, k), number(1, 0, 3 * i + k));
    EXPECT_EQ(read.read_vector("/b"), std::vector<double>(values.data() + 3000, values.data() + 3005));
    EXPECT_EQ(read.shape("/none"), (std::vector<Index>{0, 2}));
    EXPECT_EQ(read.read_text("/", "note", ""), "between");
  }
  EXPECT_TRUE(contents[0] == contents[1]);
}

}  // namespace
}  // namespace kswgd::io::test
