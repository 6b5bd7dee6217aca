// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kernels.hpp"

#include "timing.hpp"

#include <kswgd/detail/instantiate.hpp>

namespace kswgd::bench {
namespace {

/// A kernel, timed as piece `piece`; its limit follows from the ceilings of the same run.
struct KernelTask {
  Measurement what;
  std::size_t piece;
  double pairs, flops;
  std::function<Limit(const Ceilings&)> limit;
};

template <class T, class Exec>
void add_flow(const Exec& exec, const Sizes& sizes, Interleaved& timing, std::vector<KernelTask>& tasks) {
  constexpr bool single = sizeof(T) == 4;
  const auto problem = std::make_shared<FlowProblem<Exec>>(exec, sizes);
  const auto add = [&](const char* name, std::function<void()> work, double exponentials, double flops) {
    tasks.push_back({{.name = name, .sizes = sizes, .precision = single ? "mixed" : "fp64"},
                     timing.add(std::move(work)),
                     exponentials,
                     flops,
                     [=](const Ceilings& ceilings) { return pair_limit(ceilings, single, exponentials, flops); }});
  };
  const double pairs = problem->pairs();
  add(
      "flow/mean", [problem] { problem->template mean<T>(); }, pairs, problem->mean_flops());
  add(
      "flow/descent", [problem] { problem->template descent<T>(); }, pairs, problem->descent_flops());
  const auto both = [problem] {
    problem->template mean<T>();
    problem->template descent<T>();
  };
  add("flow/evaluation", both, 2 * pairs, problem->mean_flops() + problem->descent_flops());
}

template <class Exec>
void add_moments(const Exec& exec, const Sizes& sizes, Interleaved& timing, std::vector<KernelTask>& tasks) {
  constexpr Index tile_bytes = Index{1} << 25;  // of features; a fit chooses likewise
  const Index rows = std::clamp<Index>(tile_bytes / (8 * sizes.features), 512, 8192);
  const auto problem = std::make_shared<MomentsProblem<Exec>>(exec, sizes, rows);
  const double pairs = problem->pairs(), flops = problem->flops(), d = static_cast<double>(sizes.dimension);
  tasks.push_back({{.name = "moments/features", .sizes = sizes, .precision = "fp64"},
                   timing.add([problem] { problem->run(false); }),
                   pairs,
                   2 * pairs * d,
                   [=](const Ceilings& ceilings) { return pair_limit(ceilings, false, pairs, 2 * pairs * d); }});
  tasks.push_back({{.name = "moments/gram-and-dirichlet", .sizes = sizes, .precision = "fp64"},
                   timing.add([problem] { problem->run(true); }),
                   pairs,
                   flops,
                   [=](const Ceilings& ceilings) {
                     return Limit{flops / ceilings.dgemm_flops, "dgemm"};
                   }});
}

}  // namespace

Plan default_plan(bool quick, bool sweep) {
  Plan plan;
  plan.quick = quick;
  if (quick) {
    plan.rounds = 3;
    plan.flow = {{2000, 430, 2}, {1000, 200, 16}};
    plan.moments = {{1000, 200, 4}};
    return plan;
  }
  plan.flow = {{100000, 430, 2}, {100000, 1000, 3}, {100000, 1000, 16}};
  plan.moments = {{20000, 1000, 16}};
  if (sweep) {
    for (const Index n : {100, 1000, 10000, 1000000}) plan.flow.push_back({n, 430, 2});
    for (const Index p : {50, 200, 2000}) plan.flow.push_back({20000, p, 3});
    for (const Index d : {1, 4, 8, 32}) plan.flow.push_back({20000, 400, d});
    for (const Index p : {100, 400, 2000}) plan.moments.push_back({10000, p, 3});
  }
  return plan;
}

template <ExecutionSpace Exec>
Report measure(const Exec& exec, const Plan& plan, const std::function<void(double)>& progress) {
  Interleaved timing;
  const auto ceilings = ceiling_tasks(exec, plan.quick);
  for (const auto& task : ceilings) timing.add(task.work);
  std::vector<KernelTask> kernels;
  for (const Sizes& sizes : plan.flow) {
    add_flow<double>(exec, sizes, timing, kernels);
    add_flow<float>(exec, sizes, timing, kernels);
  }
  for (const Sizes& sizes : plan.moments) add_moments(exec, sizes, timing, kernels);
  timing.run(plan.rounds, progress);

  const auto seconds = [&](std::size_t piece) { return plan.fastest ? timing.fastest(piece) : timing.median(piece); };
  Report report;
  for (std::size_t i = 0; i < ceilings.size(); ++i) report.ceilings.*ceilings[i].rate = ceilings[i].amount / seconds(i);
  for (const KernelTask& task : kernels) {
    Measurement result = task.what;
    const Limit limit = task.limit(report.ceilings);
    result.seconds = seconds(task.piece);
    result.lower_quartile = timing.quantile(task.piece, .25);
    result.upper_quartile = timing.quantile(task.piece, .75);
    result.limited_by = limit.by;
    result.fraction_of_limit = limit.seconds / result.seconds;
    result.pairs_per_second = task.pairs / result.seconds;
    result.flops_per_second = task.flops / result.seconds;
    report.kernels.push_back(result);
  }
  return report;
}

#define KSWGD_INSTANTIATE(EXEC) template Report measure(const EXEC&, const Plan&, const std::function<void(double)>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::bench
