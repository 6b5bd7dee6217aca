// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kswgd_benchmarks: the hot loops under Google Benchmark, in the method's units (pairs/s) and the machine's (flop/s), each
// beside the share of the ceilings that were measured first. `kswgd bench` does the same interleaved, without this library.

#include "problems.hpp"
#include "timing.hpp"

#include <benchmark/benchmark.h>
#include <kswgd/version.hpp>

#include <cstdlib>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

bench::Ceilings ceilings;

/// The clock runs around `work`, which ends with a fence.
void time(benchmark::State& state, const std::function<void()>& work, double pairs, double flops, const bench::Limit& limit) {
  work();
  double total = 0;
  for (auto _ : state) {
    const double seconds = bench::seconds_of(work);
    state.SetIterationTime(seconds);
    total += seconds;
  }
  const auto count = static_cast<double>(state.iterations());
  state.counters["pairs/s"] = benchmark::Counter(pairs * count / total);
  state.counters["flop/s"] = benchmark::Counter(flops * count / total);
  state.counters["of_limit"] = benchmark::Counter(limit.seconds * count / total);
  state.SetLabel(limit.by);
}

bench::Sizes sizes_of(const benchmark::State& state) { return {state.range(0), state.range(1), state.range(2)}; }

template <class T>
void mean(benchmark::State& state) {
  bench::FlowProblem<Exec> problem(Exec{}, sizes_of(state));
  time(
      state, [&] { problem.mean<T>(); }, problem.pairs(), problem.mean_flops(),
      bench::pair_limit(ceilings, sizeof(T) == 4, problem.pairs(), problem.mean_flops()));
}
template <class T>
void descent(benchmark::State& state) {
  bench::FlowProblem<Exec> problem(Exec{}, sizes_of(state));
  time(
      state, [&] { problem.descent<T>(); }, problem.pairs(), problem.descent_flops(),
      bench::pair_limit(ceilings, sizeof(T) == 4, problem.pairs(), problem.descent_flops()));
}
void moments(benchmark::State& state) {
  bench::MomentsProblem<Exec> problem(Exec{}, sizes_of(state), 4096);
  time(state, [&] { problem.run(true); }, problem.pairs(), problem.flops(), {problem.flops() / ceilings.dgemm_flops, "dgemm"});
}

void register_all(bool tiny) {
  const auto add = [&](const char* name, void (*function)(benchmark::State&), std::vector<std::vector<Index>> sizes) {
    auto* one = benchmark::RegisterBenchmark(name, function);
    for (const auto& size : sizes) one->Args({tiny ? 500 : size[0], tiny ? 100 : size[1], size[2]});
    one->ArgNames({"n", "p", "d"})->UseManualTime()->Unit(benchmark::kMillisecond);
    if (tiny) one->Iterations(1);
  };
  const std::vector<std::vector<Index>> flow = {{100000, 430, 2}, {100000, 1000, 3}, {100000, 1000, 16}};
  add("flow/mean/fp64", mean<double>, flow);
  add("flow/mean/mixed", mean<float>, flow);
  add("flow/descent/fp64", descent<double>, flow);
  add("flow/descent/mixed", descent<float>, flow);
  add("moments/gram-and-dirichlet/fp64", moments, {{20000, 1000, 16}});
}

}  // namespace

int main(int argc, char** argv) {
  setenv("OMP_PROC_BIND", "false", 0);
  bool tiny = false;  // --tiny: a test that everything runs
  for (int i = 1; i < argc; ++i) tiny = tiny || std::string(argv[i]) == "--tiny";
  if (tiny) --argc;
  const Kokkos::ScopeGuard guard;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const Exec exec;
  for (const auto& task : bench::ceiling_tasks(exec, tiny)) {
    task.work();
    double best = bench::seconds_of(task.work);
    for (int i = 0; i < 4; ++i) best = std::min(best, bench::seconds_of(task.work));
    ceilings.*task.rate = task.amount / best;
  }
  const bench::Machine machine = bench::machine_of(exec);
  benchmark::AddCustomContext("kswgd", std::string(version()) + " " + git_hash());
  benchmark::AddCustomContext("backend", machine.backend + ", " + std::to_string(machine.threads) + " threads, " + machine.vectors);
  if (!machine.accelerator.empty()) benchmark::AddCustomContext("accelerator", machine.accelerator);
  benchmark::AddCustomContext("BLAS kernels", machine.blas_core);
  register_all(tiny);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
