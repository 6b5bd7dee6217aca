// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kswgd_served FOLDER N P D: the flow's two passes, run and timed on demand, so that perf/rivals can time others in between.
// FOLDER holds raw doubles in C order: x (N x D), z (P x D), h (P), c (P). Commands, one a line on stdin:
//   time fp64 | time mixed     prints the seconds of one evaluation (mean features and velocity)
//   cpu fp64 | cpu mixed       the same in processor time, all threads together
//   write fp64 | write mixed   runs one and writes mean (P) and u (N x D) into FOLDER, prints 0

#include "timing.hpp"

#include <kswgd/dictionary/gaussian.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

template <class View>
void read_rows(const std::string& path, const View& view) {
  std::ifstream file(path, std::ios::binary);
  for (std::size_t i = 0; i < view.extent(0); ++i)
    for (std::size_t k = 0; k < view.extent(1); ++k)
      if (double value = 0; file.read(reinterpret_cast<char*>(&value), sizeof value)) view(i, k) = value;
  if (!file) throw std::runtime_error("cannot read " + path);
}

template <class View>
void write_rows(const std::string& path, const View& view) {
  std::ofstream file(path, std::ios::binary);
  for (std::size_t i = 0; i < view.extent(0); ++i)
    for (std::size_t k = 0; k < view.extent(1); ++k) {
      const double value = view(i, k);
      file.write(reinterpret_cast<const char*>(&value), sizeof value);
    }
  if (!file) throw std::runtime_error("cannot write " + path);
}

class Server {
 public:
  Server(std::string folder, Index n, Index p, Index d) : m_folder(std::move(folder)), m_n(n), m_u("u", n, d) {
    GaussianDictionaryData data{d, false, HostPoints("z", p, d), HostVector("h", p)};
    const HostPoints x("x", n, d), h("h", p, 1), c("c", p, 1);
    read_rows(m_folder + "/x", x);
    read_rows(m_folder + "/z", data.landmarks);
    read_rows(m_folder + "/h", h);
    read_rows(m_folder + "/c", c);
    for (Index a = 0; a < p; ++a) data.widths(a) = h(a, 0);
    m_dictionary = GaussianDictionary<Exec>(m_exec, data);
    const HostVector all("c", m_dictionary.size());
    for (Index a = 0; a < p; ++a) all(m_dictionary.polynomials() + a) = c(a, 0);
    m_x = to_device(m_exec, x);
    m_c = to_device(m_exec, all);
    m_mean = Vector<Exec>("mean", m_dictionary.size());
  }
  template <class T>
  void evaluate() {
    m_dictionary.mean<T>(m_exec, m_x, m_mean, m_dictionary.size(), m_workspace);
    m_dictionary.descent<T>(m_exec, m_x, m_c, m_u, m_dictionary.size(), m_workspace);
    m_exec.fence("kswgd_served: the clock stops");
  }
  void evaluate(const std::string& precision) { precision == "fp64" ? evaluate<double>() : evaluate<float>(); }
  void write() {
    const auto mean = to_host(m_exec, m_mean);
    const HostPoints column("mean", m_dictionary.gaussians(), 1);
    for (Index a = 0; a < m_dictionary.gaussians(); ++a) column(a, 0) = mean(m_dictionary.polynomials() + a);
    write_rows(m_folder + "/mean", column);
    write_rows(m_folder + "/u", to_host(m_exec, m_u));
  }

 private:
  Exec m_exec;
  std::string m_folder;
  Index m_n;
  GaussianDictionary<Exec> m_dictionary;
  Workspace<Exec> m_workspace;
  Points<Exec> m_x, m_u;
  Vector<Exec> m_mean, m_c;
};

void serve(char** arguments) {
  Server server(arguments[1], std::atol(arguments[2]), std::atol(arguments[3]), std::atol(arguments[4]));
  std::string command, precision;
  while (std::cin >> command >> precision) {
    double seconds = 0;
    if (command == "write") {
      server.evaluate(precision);
      server.write();
    } else if (command == "cpu") {
      const std::clock_t start = std::clock();
      server.evaluate(precision);
      seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    } else {
      seconds = bench::seconds_of([&] { server.evaluate(precision); });
    }
    std::printf("%.9f\n", seconds);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: kswgd_served FOLDER N P D\n");
    return 2;
  }
  setenv("OMP_PROC_BIND", "false", 0);
  const Kokkos::ScopeGuard guard;
  try {
    serve(argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kswgd_served: error: %s\n", error.what());
    return 1;
  }
  return 0;
}
