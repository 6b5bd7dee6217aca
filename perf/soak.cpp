// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kswgd_soak [MINUTES] [POINTS]: reads, fits, writes, samples and evaluates in a loop, in one process (default: 60 minutes, 2000 points). After a tenth of the
// time the resident memory must not rise by more than one per cent, nor the number of open descriptors at all, and all rounds must give the same bits. Exit
// status 0 where that holds, 1 where it does not.

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/systems/systems.hpp>
#include <kswgd/version.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;
namespace fs = std::filesystem;

double resident_bytes() {
  double pages = 0;
  std::ifstream file("/proc/self/statm");
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

long open_descriptors() { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); }

/// The bits of numbers, as text.
template <class View>
void add_bits(const View& view, std::string& bits) {
  bits.append(reinterpret_cast<const char*>(view.data()), view.size() * sizeof(double));
}

/// One of each; the bits of all that came out.
std::string one_round(const Exec& exec, const std::string& folder) {
  const io::Table table = io::read_points(folder + "/data.csv");
  const auto points = to_device(exec, table.points);
  FitOptions<Exec> options;
  options.features = 100;
  options.modes = 8;
  io::write_model(folder + "/model.h5", fit_generator(exec, make_source(exec, points), options));
  const ModelData data = io::read_model(folder + "/model.h5");
  const Model<Exec> model(exec, data);
  const auto particles = to_device(exec, normal_start(data, 300, 3));
  Flow<Exec>(exec, model).run(particles);
  io::write_points(folder + "/samples.npy", host_copy(exec, particles), {});
  const auto samples = io::read_points(folder + "/samples.npy").points;
  const Eigenfunctions<Exec> functions(exec, data);
  std::string bits;
  add_bits(samples, bits);
  add_bits(data.spectrum.pairs.values, bits);
  add_bits(to_host(exec, functions.values(exec, particles)), bits);
  try {
    io::read_model(folder + "/data.csv");  // refusals, too, must leave nothing
  } catch (const InvalidInput&) {
  }
  return bits;
}

}  // namespace

int main(int argc, char** argv) {
  setenv("OMP_PROC_BIND", "false", 0);
  const Kokkos::ScopeGuard guard(argc, argv);
  const double minutes = argc > 1 ? std::atof(argv[1]) : 60;
  const Index count = argc > 2 ? std::atoll(argv[2]) : 2000;
  std::string folder = (fs::temp_directory_path() / "kswgd-soak-XXXXXX").string();
  if (!mkdtemp(folder.data())) return 1;
  io::write_points(folder + "/data.csv", draw_exact("quadruple-well", count, 0, 1), {});

  const Exec exec;
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::vector<std::pair<double, double>> memory;
  std::set<std::string> results;
  long descriptors = 0;
  while (memory.size() < 3 || seconds() < 60 * minutes) {
    results.insert(one_round(exec, folder));
    memory.emplace_back(seconds(), resident_bytes());
    if (memory.size() == 2) descriptors = open_descriptors();
  }
  descriptors = open_descriptors() - descriptors;
  fs::remove_all(folder);

  // The largest of the first and of the last tenth of what follows the first tenth.
  const auto warm = std::find_if(memory.begin(), memory.end() - 1, [&](const auto& one) { return one.first > 0.1 * memory.back().first; });
  const auto tenth = std::max<std::ptrdiff_t>(1, (memory.end() - warm) / 10);
  const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const double first = std::max_element(warm, warm + tenth, less)->second, last = std::max_element(memory.end() - tenth, memory.end(), less)->second;
  std::printf("kswgd %s (%s) on %s: %zu rounds of %lld points in %.0f s: memory %.2f to %.2f MB (%+.2f %%), descriptors %+ld, %zu different results\n",
              version(), git_hash(), Exec::name(), memory.size(), static_cast<long long>(count), seconds(), first / 1e6, last / 1e6, 100 * (last / first - 1),
              descriptors, results.size());
  const bool long_enough = memory.size() >= 20;  // before, libraries take what they keep
  return results.size() == 1 && (!long_enough || last <= 1.01 * first) && descriptors <= 0 ? 0 : 1;
}
