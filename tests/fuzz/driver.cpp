// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

// A fuzzer's main where the compiler brings none: changes of the seeds, drawn blindly. usage: fuzz_NAME [-runs=N] [-seed=N] FILE|FOLDER...; without -runs each
// file is tried as it is. An input that ends the process is left in /tmp/fuzz-crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::mt19937_64 random_bits;
std::string current;

std::size_t below(std::size_t n) { return n == 0 ? 0 : random_bits() % n; }

void keep(int signal) {
  if (std::FILE* file = std::fopen("/tmp/fuzz-crash", "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// A change as libFuzzer makes them: bits, bytes, pieces that go, come twice or come from another seed.
void change(std::string& text, const std::vector<std::string>& seeds) {
  static const std::string odd[] = {"-1",    "0",        "nan",  "1e400", ",",  ":", "=", "--", "\n",
                                    "\x1b[", "\xc2\x9b", "\xff", "'",     "\"", "/", "%", "..", "99999999999999999999"};
  const std::size_t at = below(text.size() + 1), size = below(std::min<std::size_t>(text.size() - std::min(at, text.size()), 16) + 1);
  switch (below(7)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      return;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(below(256));
      return;
    case 2:
      text.erase(at, size);
      return;
    case 3:
      text.insert(at, text.substr(below(text.size() + 1), 1 + below(16)));
      return;
    case 4:
      text.insert(at, odd[below(std::size(odd))]);
      return;
    default: {
      const std::string& other = seeds[below(seeds.size())];
      text.replace(at, size, other.substr(below(other.size() + 1), 1 + below(32)));
      return;
    }
  }
}

void try_one() { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size()); }

}  // namespace

/// For the mutators of their own.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t) {
  for (std::size_t i = 0; i < size; ++i)
    if (below(2) == 0) data[i] = static_cast<std::uint8_t>(below(256));
  return size;
}
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

int main(int argc, char** argv) {
  std::uint64_t runs = 0, seed = 1;
  std::vector<std::string> seeds;
  const auto add = [&](const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  };
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind("-runs=", 0) == 0) {
      runs = std::strtoull(argv[i] + 6, nullptr, 10);
    } else if (argument.rfind("-seed=", 0) == 0) {
      seed = std::strtoull(argv[i] + 6, nullptr, 10);
    } else if (std::filesystem::is_directory(argument)) {
      for (const auto& entry : std::filesystem::directory_iterator(argument)) add(entry.path());
    } else {
      add(argument);
    }
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "usage: %s [-runs=N] [-seed=N] FILE|FOLDER...\n", argv[0]);
    return 2;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, keep);
  random_bits.seed(seed);
  for (const std::string& one : seeds) {
    current = one;
    try_one();
  }
  for (std::uint64_t run = 0; run < runs; ++run) {
    current = seeds[below(seeds.size())];
    alarm(20);
    if (LLVMFuzzerCustomMutator)
      LLVMFuzzerCustomMutator(reinterpret_cast<std::uint8_t*>(current.data()), current.size(), current.size(), static_cast<unsigned>(random_bits()));
    else
      for (std::size_t times = 1 + below(6); times > 0; --times) change(current, seeds);
    try_one();
  }
  std::printf("%llu inputs of %zu seeds\n", static_cast<unsigned long long>(runs + seeds.size()), seeds.size());
  return 0;
}
