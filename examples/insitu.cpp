// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A simulation that learns its own slow modes while it runs, and moves walkers by them: docs/embedding.md, In a running simulation.
//
// The host is a small particle code of its own kind: dumbbells in a periodic box, positions in single precision, LayoutRight, a time loop, restart files. What
// kswgd adds to the loop stands between the lines "kswgd >" and "< kswgd". Compiled with INSITU_WITH_MPI, dumbbells and walkers are shared by the ranks.
//
// usage: insitu STEPS [--dumbbells N] [--store FILE] [--write STEP NAME] [--restart NAME]     runs
//        insitu --stored FILE                                                                 fits what --store kept
#include <Kokkos_Core.hpp>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/online.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/geometry/collective_variables.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>
#include <kswgd/support/random.hpp>
#include <optional>
#ifdef INSITU_WITH_MPI
#include <kswgd/mpi/reduction.hpp>
#endif

using Exec = Kokkos::DefaultExecutionSpace;
using Positions = Kokkos::View<float* [3], Kokkos::LayoutRight, Exec::memory_space>;
using Variables = Kokkos::View<float* [2], Kokkos::LayoutRight, Exec::memory_space>;
using Walkers = Kokkos::View<float* [4], Kokkos::LayoutRight, Exec::memory_space>;

constexpr long every = 10, block = 200, refit = 1000;
constexpr double box_length = 6;

// ---- The host code -------------------------------------------------------------------------------------------------------------------------------------

/// Two beads each, whose difference r feels (r_x^2 - 1)^2 + (r_y^2 - 1)^2 + r_z^2 / 2 and unit noise; each bead for itself is free in the box.
struct Simulation {
  long first_dumbbell, dumbbells, first_walker;  // of this rank
  Positions x{"simulation::positions", static_cast<std::size_t>(2 * dumbbells)};
  Walkers walkers;  // of which two columns are coordinates
  kswgd::PeriodicBox box = kswgd::periodic_box({box_length, 0, 0, 0, box_length, 0, 0, 0, box_length}, {true, true, true});
  long step = 0;

  Simulation(const kswgd::Span& own_dumbbells, const kswgd::Span& own_walkers)
      : first_dumbbell(own_dumbbells.first),
        dumbbells(own_dumbbells.second - own_dumbbells.first),
        first_walker(own_walkers.first),
        walkers("simulation::walkers", static_cast<std::size_t>(own_walkers.second - own_walkers.first)) {}
  auto walker_positions() const { return Kokkos::subview(walkers, Kokkos::ALL, std::pair(1, 3)); }
  void start(const Exec& exec) const;
  void advance(const Exec& exec) const;
  void differences(const Exec& exec, const Variables& r) const;
};

KOKKOS_INLINE_FUNCTION void difference(const Positions& x, const kswgd::PeriodicBox& box, long i, double r[3]) {
  for (int k = 0; k < 3; ++k) r[k] = static_cast<double>(x(2 * i + 1, k)) - static_cast<double>(x(2 * i, k));
  kswgd::shortest_image(box, r);
}

struct StartKernel {
  Positions x;
  long first;
  KOKKOS_FUNCTION void operator()(long i) const {
    const kswgd::IndexedRandom random(1, static_cast<std::uint64_t>(first + i));
    for (int k = 0; k < 3; ++k) {
      x(2 * i, k) = static_cast<float>(box_length * random.uniform(static_cast<std::uint64_t>(k)));
      x(2 * i + 1, k) = x(2 * i, k) + (k < 2 ? ((first + i) >> k & 1 ? 1.F : -1.F) : 0.F);
    }
  }
};

struct WalkerStartKernel {
  Walkers walkers;
  long first;
  KOKKOS_FUNCTION void operator()(long i) const {
    const kswgd::IndexedRandom random(2, static_cast<std::uint64_t>(first + i));
    for (int k = 1; k < 3; ++k) walkers(i, k) = 1 + static_cast<float>(0.1 * random.normal(static_cast<std::uint64_t>(k)));
  }
};

struct StepKernel {
  Positions x;
  kswgd::PeriodicBox box;
  long first, step;
  KOKKOS_FUNCTION void operator()(long i) const {
    constexpr double h = 0.005;
    double r[3];
    difference(x, box, i, r);
    const double force[3] = {-4 * r[0] * (r[0] * r[0] - 1), -4 * r[1] * (r[1] * r[1] - 1), -r[2]};
    for (int bead = 0; bead < 2; ++bead) {
      const kswgd::IndexedRandom random(static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(2 * (first + i) + bead));
      for (int k = 0; k < 3; ++k) {
        const double moved = x(2 * i + bead, k) + (bead == 1 ? 0.5 : -0.5) * h * force[k] + Kokkos::sqrt(h) * random.normal(static_cast<std::uint64_t>(k));
        x(2 * i + bead, k) = static_cast<float>(moved - box_length * Kokkos::floor(moved / box_length));
      }
    }
  }
};

struct DifferenceKernel {
  Positions x;
  kswgd::PeriodicBox box;
  Variables variables;
  KOKKOS_FUNCTION void operator()(long i) const {
    double r[3];
    difference(x, box, i, r);
    for (int k = 0; k < 2; ++k) variables(i, k) = static_cast<float>(r[k]);
  }
};

void Simulation::start(const Exec& exec) const {
  Kokkos::parallel_for("simulation::start", Kokkos::RangePolicy<Exec>(exec, 0, dumbbells), StartKernel{x, first_dumbbell});
  Kokkos::parallel_for("simulation::start", Kokkos::RangePolicy<Exec>(exec, 0, static_cast<long>(walkers.extent(0))), WalkerStartKernel{walkers, first_walker});
}
void Simulation::advance(const Exec& exec) const {
  Kokkos::parallel_for("simulation::step", Kokkos::RangePolicy<Exec>(exec, 0, dumbbells), StepKernel{x, box, first_dumbbell, step});
}
void Simulation::differences(const Exec& exec, const Variables& r) const {
  Kokkos::parallel_for("simulation::differences", Kokkos::RangePolicy<Exec>(exec, 0, dumbbells), DifferenceKernel{x, box, r});
}

/// The host's own restart file: the bytes of its state.
template <class View>
void transfer(std::fstream& file, const View& view, bool write) {
  auto host = Kokkos::create_mirror_view(view);
  const auto bytes = static_cast<std::streamsize>(view.span() * sizeof(float));
  if (write) Kokkos::deep_copy(host, view);
  write ? (void)file.write(reinterpret_cast<const char*>(host.data()), bytes) : (void)file.read(reinterpret_cast<char*>(host.data()), bytes);
  if (!write) Kokkos::deep_copy(view, host);
}
void restart_file(const std::string& path, Simulation& simulation, bool write) {
  std::fstream file(path, std::ios::binary | (write ? std::ios::out : std::ios::in));
  write ? (void)file.write(reinterpret_cast<const char*>(&simulation.step), sizeof(long))
        : (void)file.read(reinterpret_cast<char*>(&simulation.step), sizeof(long));
  transfer(file, simulation.x, write);
  transfer(file, simulation.walkers, write);
  if (!file) throw std::runtime_error("insitu: the restart file '" + path + "' cannot be " + (write ? "written" : "read"));
}

/// The walkers in double precision on the host.
kswgd::HostPoints on_host(const Simulation& simulation) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, simulation.walkers);
  kswgd::HostPoints points("simulation::walkers", host.extent(0), 2);
  for (std::size_t i = 0; i < host.extent(0); ++i)
    for (std::size_t k = 0; k < 2; ++k) points(i, k) = host(i, k + 1);
  return points;
}

/// A number for the bytes of a View, of 48 bits.
template <class View>
double bytes_of(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
  unsigned long long hash = 1469598103934665603ULL;
  for (std::size_t i = 0; i < host.span() * sizeof(float); ++i) hash = (hash ^ reinterpret_cast<const unsigned char*>(host.data())[i]) * 1099511628211ULL;
  return static_cast<double>(hash >> 16);
}

// ---- The learning --------------------------------------------------------------------------------------------------------------------------------------

kswgd::OnlineOptions<Exec> options_of(const kswgd::Reduction& ranks) {
  return {.fit = {.features = 100, .modes = 3}, .first_rows = 8000, .reservoir = 8000, .most_outside = 1e300, .ranks = ranks};
}

/// Bytes in the Views of kswgd, now and at most, by the callbacks of Kokkos Tools.
struct Memory {
  static inline double now = 0, most = 0;
  static void allocated(Kokkos_Profiling_SpaceHandle, const char* label, const void*, std::uint64_t bytes) {
    if (std::strncmp(label, "kswgd::", 7) == 0) most = std::max(most, now += static_cast<double>(bytes));
  }
  static void freed(Kokkos_Profiling_SpaceHandle, const char* label, const void*, std::uint64_t bytes) {
    if (std::strncmp(label, "kswgd::", 7) == 0) now -= static_cast<double>(bytes);
  }
  static void watch() {
    Kokkos::Tools::Experimental::set_allocate_data_callback(allocated);
    Kokkos::Tools::Experimental::set_deallocate_data_callback(freed);
  }
};

/// Processor seconds of this process: on a machine that others use as well those of the wall say little.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// What so many flops take at the rate of this machine's matrix products.
double seconds_of_flops(const Exec& exec, double flops) {
  constexpr kswgd::Index rows = 4096, columns = 256;
  const auto a = kswgd::zeros<kswgd::Matrix<Exec>>(exec, "insitu::a", rows, columns),
             c = kswgd::zeros<kswgd::Matrix<Exec>>(exec, "insitu::c", columns, columns);
  double best = 1e300;
  for (int round = 0; round < 5; ++round) {
    const double start = seconds();
    kswgd::algebra::multiply(exec, 1.0, kswgd::algebra::Op::transposed, a, kswgd::algebra::Op::none, a, 0.0, c);
    exec.fence("insitu: the time of a product is taken");
    best = std::min(best, seconds() - start);
  }
  return flops / (2.0 * rows * columns * columns) * best;
}

void print(const kswgd::ModelData& model, long long rows) {
  const kswgd::Spectrum& spectrum = model.spectrum;
  std::printf("%lld rows, lambda_1..3 = %.17g %.17g %.17g\n", rows, spectrum.eigenvalue_to_read(1), spectrum.eigenvalue_to_read(2),
              spectrum.eigenvalue_to_read(3));
}

/// What --store kept, as a stored trajectory: rows in double precision, column by column, the rows of the layout and all others at once.
int fit_stored(const Exec& exec, const char* path, long dumbbells) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto frames = static_cast<long>(file.tellg()) / static_cast<long>(dumbbells * 2 * sizeof(float));
  std::vector<float> values(static_cast<std::size_t>(frames * dumbbells * 2));
  file.seekg(0).read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  const auto options = options_of({});
  kswgd::OnlineFit<Exec> online(exec, 2, options);
  const long first = options.first_rows / dumbbells;
  for (const auto& [begin, end] : {std::pair(0L, first), std::pair(first, frames)}) {
    const kswgd::HostPoints rows("rows", static_cast<std::size_t>((end - begin) * dumbbells), 2);
    std::vector<kswgd::Index> blocks;
    for (long i = 0; i < (end - begin) * dumbbells; ++i) {
      for (int k = 0; k < 2; ++k) rows(i, k) = values[static_cast<std::size_t>((begin * dumbbells + i) * 2 + k)];
      blocks.push_back((begin + i / dumbbells + 1) * every / block);
    }
    online.add(exec, kswgd::to_device(exec, rows), {}, blocks);
  }
  print(online.model(exec), online.rows());
  return 0;
}

int run(int argc, char** argv, const kswgd::Reduction& ranks) {
  const auto argument = [&](const char* name, int which) -> const char* {
    for (int i = 1; i + which < argc; ++i)
      if (std::strcmp(argv[i], name) == 0) return argv[i + which];
    return nullptr;
  };
  Memory::watch();
  Exec exec, beside;  // the simulation's, and one for the walkers where there is more than one thread
  if (exec.concurrency() > 1) beside = Kokkos::Experimental::partition_space(exec, 1, 1)[1];
  const long dumbbells = argument("--dumbbells", 1) ? std::atol(argument("--dumbbells", 1)) : 400;
  if (const char* stored = argument("--stored", 1)) return fit_stored(exec, stored, dumbbells);
  const long steps = argc > 1 ? std::atol(argv[1]) : 0, write_at = argument("--write", 1) ? std::atol(argument("--write", 1)) : -1;
  std::string name = argument("--restart", 1) ? argument("--restart", 1) : argument("--write", 2) ? argument("--write", 2) : "insitu";
  if (!ranks.is_alone()) name += "_" + std::to_string(ranks.rank());
  std::ofstream store;
  if (argument("--store", 1)) store.open(argument("--store", 1), std::ios::binary);

  Simulation simulation(ranks.share(dumbbells), ranks.share(300));
  simulation.start(exec);
  Variables r("simulation::r", static_cast<std::size_t>(simulation.dumbbells));
  const auto options = options_of(ranks);
  kswgd::OnlineFit<Exec> online(exec, 2, options);
  std::optional<kswgd::Flow<Exec>> flow;
  if (argument("--restart", 1)) {
    restart_file(name + ".run", simulation, false);
    online = kswgd::OnlineFit<Exec>(exec, kswgd::io::read_state(name + ".h5"), options);
    flow.emplace(beside, kswgd::Model<Exec>(beside, kswgd::io::read_model(name + ".h5")), kswgd::FlowOptions{.ranks = ranks});
    flow->restore(kswgd::io::read_checkpoint(name + "_flow.h5").flow);
  }
  double stepping = 0, adding = 0, models = 0, moving = 0, now = seconds();
  const auto take_time = [&](double& of) { of += seconds() - now, now = seconds(); };
  while (simulation.step < steps) {
    ++simulation.step;
    simulation.advance(exec);
    exec.fence("insitu: the time is taken");
    take_time(stepping);
    // kswgd >
    if (simulation.step % every == 0) {
      simulation.differences(exec, r);                     // collective variables, on the device
      online.add(exec, r, {}, {simulation.step / block});  // 20 frames are a block: they belong to one fold
    }
    // < kswgd
    take_time(adding);
    // kswgd >
    if (simulation.step % refit == 0) {
      const kswgd::ModelData model = online.model(exec);  // of all rows so far
      flow.emplace(beside, kswgd::Model<Exec>(beside, model), kswgd::FlowOptions{.ranks = ranks});
      if (simulation.step == write_at) {  // beside the host's own restart file
        const kswgd::OnlineState state = online.state(exec);
        kswgd::io::write_model(name + ".h5", model, &state);
      }
    }
    // < kswgd
    take_time(models);
    // kswgd >
    if (flow && simulation.step % every == 0) flow->advance(simulation.walker_positions());  // while the next steps of the simulation run
    if (simulation.step == write_at) kswgd::io::write_checkpoint(name + "_flow.h5", {on_host(simulation), flow->checkpoint(), 0}, {});
    // < kswgd
    take_time(moving);
    if (simulation.step == write_at) restart_file(name + ".run", simulation, true);
    if (store.is_open() && simulation.step % every == 0) {
      const auto rows = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, r);
      store.write(reinterpret_cast<const char*>(rows.data()), static_cast<std::streamsize>(rows.span() * sizeof(float)));
    }
  }
  beside.fence("insitu: the walkers are read");
  const double most = Memory::most;  // before the last model's
  const kswgd::ModelData model = online.model(exec);
  const double positions = ranks.sum(bytes_of(simulation.x)), walkers = ranks.sum(bytes_of(simulation.walkers));
  if (!ranks.is_first()) return 0;
  print(model, online.rows());
  std::printf("positions %.0f, walkers %.0f\n", positions, walkers);
  // What adding a row costs: p^2 + 2 m^2 flops (docs/streams.md).
  const auto p = static_cast<double>(model.density.moments.size()), m = static_cast<double>(model.density.landmarks.extent(0));
  const double flops = static_cast<double>(simulation.dumbbells * (simulation.step / every)) * (p * p + 2 * m * m);
  std::printf("seconds: %.2f the simulation, %.2f adding rows, %.2f models, %.2f walkers; the %.1f Gflop of the rows take %.2f in matrix products\n", stepping,
              adding, models, moving, flops / 1e9, seconds_of_flops(exec, flops));
  std::printf("%.0f bytes in kswgd at most beside %.0f of particles\n", most, static_cast<double>(simulation.x.span() * sizeof(float)));
  return 0;
}

int main(int argc, char** argv) {
#ifdef INSITU_WITH_MPI
  MPI_Init(&argc, &argv);
#endif
  int status = 1;
  {
    const Kokkos::ScopeGuard kokkos(argc, argv);
#ifdef INSITU_WITH_MPI
    status = run(argc, argv, kswgd::mpi::reduction(MPI_COMM_WORLD));
#else
    status = run(argc, argv, {});
#endif
  }
#ifdef INSITU_WITH_MPI
  MPI_Finalize();
#endif
  return status;
}
