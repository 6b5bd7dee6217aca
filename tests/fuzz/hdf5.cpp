// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fuzz.hpp"

#include <kswgd/dictionary/fields.hpp>
#include <kswgd/io/perceptron_file.hpp>
#include <kswgd/io/samples_file.hpp>

#include <cmath>
#include <random>

// Bytes of an HDF5 file, changed. The library crashes on some, which is not ours to mend: scripts/check-fuzz tells these from faults of our own by where
// they happen. The reader is KSWGD_FUZZ_READER.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace kswgd;

void samples(const std::string& path) {
  io::Table table;
  if (!fuzz::accepted(path, [&] { table = io::read_points(path); })) return;
  fuzz::expect(table.points.extent(0) > 0 && table.points.extent(1) > 0, "an accepted table without points");
  for (std::size_t k = 0; k < table.points.extent(1); ++k)
    for (std::size_t i = 0; i < table.points.extent(0); ++i) fuzz::expect(std::isfinite(table.points(i, k)), "an accepted number that is not finite");
}

void trajectories(const std::string& path) {
  io::Table table;
  if (!fuzz::accepted(path, [&] { table = io::read_points(path, {.stride = 2, .as_trajectory = true}); })) return;
  Index frames = 0;
  for (const Index length : table.lengths) frames += length;
  fuzz::expect(frames == table.rows() && std::isfinite(table.dt) && table.dt >= 0, "lengths that do not add up, or a time between frames that is none");
}

void checkpoint(const std::string& path) {
  io::Checkpoint read;
  if (!fuzz::accepted(path, [&] { read = io::read_checkpoint(path); })) return;
  fuzz::expect(read.flow.state.level >= 0 && read.flow.state.step > 0, "an accepted checkpoint that no flow wrote");
}

void network(const std::string& path) {
  fuzz::accepted(path, [&] { io::read_perceptron(path); });
}

void describe(const std::string& path) {
  fuzz::accepted(path, [&] { io::describe(path); });
}

}  // namespace

/// A few bytes somewhere, so that the file stays one.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  std::minstd_rand random(seed + 1);
  if (size < 16 || random() % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  for (unsigned times = 1 + random() % 3; times > 0; --times) {
    const std::size_t width = 1 + random() % 8, at = random() % (size - width);
    LLVMFuzzerMutate(data + at, width, width);
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start();
  KSWGD_FUZZ_READER(fuzz::file_of("t.h5", data, size));
  return 0;
}
