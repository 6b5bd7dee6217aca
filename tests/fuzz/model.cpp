// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fuzz.hpp"

#include <kswgd/io/model_file.hpp>

#include <cstring>
#include <random>

// Models whose bytes were changed behind a hash that is right again: what a change by somebody else's program leaves. What is accepted can be written, and
// read as the same. The first byte says whether the block in front is mended.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t block = 512;

/// As docs/files.md and tests/io/test_damage.cpp have it.
void mend(std::string& file) {
  std::uint64_t state = 0xcbf29ce484222325U;
  const auto mix = [&](std::uint64_t word) {
    state = (state ^ word) * 0x100000001b3U;
    state ^= state >> 29;
  };
  mix(static_cast<std::uint64_t>(kswgd::io::model_format));
  std::size_t at = block;
  for (; at + 8 <= file.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, file.data() + at, 8);
    mix(word);
  }
  for (; at < file.size(); ++at) mix(static_cast<unsigned char>(file[at]));
  char text[block] = {};
  std::snprintf(text, sizeof text, "kswgd model\nformat %d\nlength %zu\nhash %016llx\n", kswgd::io::model_format, file.size() - block,
                static_cast<unsigned long long>(state));
  std::memcpy(file.data(), text, block);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  std::minstd_rand random(seed + 1);
  if (size <= block + 16 || random() % 64 == 0) return LLVMFuzzerMutate(data, size, max_size);
  for (unsigned times = 1 + random() % 3; times > 0; --times) {
    const std::size_t width = 1 + random() % 8, at = block + random() % (size - block - width);
    LLVMFuzzerMutate(data + at, width, width);
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kswgd;
  fuzz::start();
  if (size < 1) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (bytes.size() > block && data[0] != 'r') mend(bytes);
  const std::string& path = fuzz::file_of("t.h5", bytes.data(), bytes.size());
  ModelData model;
  if (!fuzz::accepted(path, [&] { model = io::read_model(path); })) return 0;
  if (io::has_state(path)) fuzz::accepted(path, [&] { io::read_state(path); });
  const std::string copy = fuzz::folder() + "/copy.h5";
  io::write_model(copy, model);
  const ModelData again = io::read_model(copy);
  fuzz::expect(again.density.moments.size() == model.density.moments.size() && again.provenance.samples == model.provenance.samples &&
                   again.density.levels.size() == model.density.levels.size(),
               "a copy that is another model");
  return 0;
}
