// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../bench/kernels.hpp"
#include "commands.hpp"
#include "progress.hpp"

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <vector>

namespace kswgd::cli {
namespace {

struct BenchArguments {
  bool quick = false, sweep = false, fastest = false;
  int rounds = 0;
  Index points = 0, features = 0, dimension = 0;
};

bench::Plan plan_of(const BenchArguments& options) {
  bench::Plan plan = bench::default_plan(options.quick, options.sweep);
  plan.fastest = options.fastest;
  if (options.rounds > 0) plan.rounds = options.rounds;
  if (options.points > 0 || options.features > 0 || options.dimension > 0) {
    const auto or_else = [](Index value, Index otherwise) { return value > 0 ? value : otherwise; };
    const bench::Sizes flow = plan.flow.front(), moments = plan.moments.front();
    plan.flow = {{or_else(options.points, flow.n), or_else(options.features, flow.features), or_else(options.dimension, flow.dimension)}};
    plan.moments = {{or_else(options.points, moments.n), or_else(options.features, moments.features), or_else(options.dimension, moments.dimension)}};
  }
  return plan;
}

/// How long a sum over the ranks takes.
struct SharedSum {
  Index numbers = 0;
  double seconds = 0;
};

/// Of one number, of an evaluation's moments, and of a Gram matrix of 1600 features.
std::vector<SharedSum> shared_sums(const Reduction& ranks) {
  using Clock = std::chrono::steady_clock;
  std::vector<SharedSum> result;
  if (ranks.is_alone()) return result;
  for (const auto& [numbers, repeats] : {std::pair<Index, int>{1, 200}, {1600, 200}, {1600 * 1600, 5}}) {
    std::vector<double> values(static_cast<std::size_t>(numbers), 0.0);
    ranks.sum(values);
    const auto start = Clock::now();
    for (int repeat = 0; repeat < repeats; ++repeat) ranks.sum(values);
    result.push_back({numbers, std::chrono::duration<double>(Clock::now() - start).count() / repeats});
  }
  return result;
}

/// The kernels' times are those of the slowest rank: all work at once.
void take_slowest(const Reduction& ranks, bench::Report& report) {
  if (ranks.is_alone()) return;
  std::vector<double> seconds;
  for (const auto& kernel : report.kernels) seconds.push_back(kernel.seconds);
  ranks.max(seconds);
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    auto& kernel = report.kernels[i];
    const double share = kernel.seconds / seconds[i];
    for (double* rate : {&kernel.pairs_per_second, &kernel.flops_per_second, &kernel.fraction_of_limit}) *rate *= share;
    kernel.seconds = seconds[i];
  }
}

void print(const Common& common, const bench::Machine& machine, const bench::Report& report) {
  const auto& top = report.ceilings;
  common.say(fmt::format("{}{}{}, {} threads, {}, {}", machine.processor, machine.accelerator.empty() ? "" : " and ", machine.accelerator, machine.threads,
                         machine.backend, machine.vectors));
  if (!machine.blas_core.empty()) common.say("OpenBLAS kernels: " + machine.blas_core);
  if (!machine.advice.empty()) common.say("advice: " + machine.advice);
  common.say(fmt::format("ceilings: dgemm {:.0f} GF/s, sgemm {:.0f} GF/s, copy {:.1f} GB/s, exp {:.2f} / {:.2f} G/s (fp64 / fp32), fma {:.0f} / {:.0f} GF/s\n",
                         top.dgemm_flops / 1e9, top.sgemm_flops / 1e9, top.copy_bytes / 1e9, top.exp_fp64 / 1e9, top.exp_fp32 / 1e9, top.fma_fp64 / 1e9,
                         top.fma_fp32 / 1e9));
  common.say(fmt::format("{:28}{:>9}{:>9}{:>4}{:>7}{:>12}{:>11}{:>9}  {}", "kernel", "n", "features", "d", "", "time", "Gpairs/s", "GF/s", "of its limit"));
  for (const auto& kernel : report.kernels)
    common.say(fmt::format("{:28}{:>9}{:>9}{:>4}{:>7}{:>9.3f} ms{:>11.2f}{:>9.0f}{:>5.0f} % ({})", kernel.name, kernel.sizes.n, kernel.sizes.features,
                           kernel.sizes.dimension, kernel.precision, kernel.seconds * 1e3, kernel.pairs_per_second / 1e9, kernel.flops_per_second / 1e9,
                           100 * kernel.fraction_of_limit, kernel.limited_by));
}

Json to_json(const bench::Machine& machine, const bench::Report& report) {
  const auto& top = report.ceilings;
  Json kernels = Json::array();
  for (const auto& kernel : report.kernels)
    kernels.push_back({{"name", kernel.name},
                       {"n", kernel.sizes.n},
                       {"features", kernel.sizes.features},
                       {"dimension", kernel.sizes.dimension},
                       {"precision", kernel.precision},
                       {"seconds", kernel.seconds},
                       {"seconds_quartiles", {kernel.lower_quartile, kernel.upper_quartile}},
                       {"limited_by", kernel.limited_by},
                       {"fraction_of_limit", kernel.fraction_of_limit},
                       {"pairs_per_second", kernel.pairs_per_second},
                       {"flops_per_second", kernel.flops_per_second}});
  return {{"machine",
           {{"processor", machine.processor},
            {"accelerator", machine.accelerator},
            {"backend", machine.backend},
            {"threads", machine.threads},
            {"vectors", machine.vectors},
            {"blas_core", machine.blas_core},
            {"advice", machine.advice}}},
          {"ceilings",
           {{"dgemm_flops", top.dgemm_flops},
            {"sgemm_flops", top.sgemm_flops},
            {"copy_bytes", top.copy_bytes},
            {"exp_fp64", top.exp_fp64},
            {"exp_fp32", top.exp_fp32},
            {"fma_fp64", top.fma_fp64},
            {"fma_fp32", top.fma_fp32}}},
          {"kernels", kernels}};
}

void run_benchmark(const Common& common, const BenchArguments& options) {
  const bench::Plan plan = plan_of(options);
  for (const auto& sizes : plan.moments)
    require_memory("bench", 16.0 * static_cast<double>(sizes.n) * static_cast<double>(sizes.dimension),
                   fmt::format("{} points in {} coordinates", sizes.n, sizes.dimension));
  const Exec exec;
  Progress progress(!common.talks());
  common.ranks.agree();  // all begin at once
  bench::Report report = bench::measure(exec, plan, [&](double done) { progress.update("bench", done); });
  take_slowest(common.ranks, report);
  const std::vector<SharedSum> sums = shared_sums(common.ranks);
  const bench::Machine machine = bench::machine_of(exec);
  print(common, machine, report);
  Json json = to_json(machine, report), shared = Json::array();
  if (!sums.empty()) common.say(fmt::format("\n{} ranks at once, each with these sizes; times of the slowest", common.ranks.size()));
  for (const SharedSum& sum : sums) {
    common.say(fmt::format("a sum of {:>8} numbers over the ranks {:>10.3f} ms", sum.numbers, sum.seconds * 1e3));
    shared.push_back({{"numbers", sum.numbers}, {"seconds", sum.seconds}});
  }
  json["ranks"] = common.ranks.size();
  json["sums"] = shared;
  common.write_json(json);
}

}  // namespace

Work declare_bench(Command& command) {
  auto options = std::make_shared<BenchArguments>();
  command->add_flag("--quick", options->quick, "small sizes, a second or two");
  command->add_flag("--sweep", options->sweep, "many sizes, from small to large");
  command->add_option("--rounds", options->rounds, "how often each kernel is timed (the median counts)")->transform(count(most_repeats));
  command->add_flag("--fastest", options->fastest, "the fastest round counts: for small sizes on a machine that others use as well");
  command->add_option("--points", options->points, "one size instead of the default ones: points or particles")->type_name("N")->transform(count(most_points));
  command->add_option("--features", options->features, "features of that size")->type_name("P")->transform(count(30000));
  command->add_option("--dimension", options->dimension, "dimension of that size")->type_name("D")->transform(count(most_dimensions));
  return [options](const Common& common) { run_benchmark(common, *options); };
}

}  // namespace kswgd::cli
