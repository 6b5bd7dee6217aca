// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kokkos_arguments.hpp"

#include <Kokkos_Core.hpp>
#include <fmt/ranges.h>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace kswgd::cli {
namespace {

void require_integer(const std::string& name, const std::string& value, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  require(error == std::errc{} && end == value.data() + value.size() && number >= least && number <= most, "cli", [&] {
    return most < least ? fmt::format("{}={}: this Kokkos finds no device", name, value)
                        : fmt::format("{} must be an integer from {} to {}, got '{}'", name, least, most, value);
  });
}

/// Kokkos' OpenMP backend has room for 512 threads and does not check.
constexpr int most_threads = 512;

/// OpenMP's own variable is a list, one number for each level of nesting. Other backends do not read it.
void check_openmp() {
#ifdef KOKKOS_ENABLE_OPENMP
  const char* threads = std::getenv("OMP_NUM_THREADS");
  if (!threads || std::getenv("KOKKOS_NUM_THREADS")) return;
  std::string first = std::string(threads).substr(0, std::string(threads).find(','));
  first.erase(std::remove(first.begin(), first.end(), ' '), first.end());
  // What is no number libgomp complains of itself, and goes on.
  if (!first.empty() && first.find_first_not_of("0123456789") == std::string::npos) require_integer("OMP_NUM_THREADS", first, 0, most_threads);
#endif
}

/// Host backends ignore the number of a device.
int most_devices() { return Kokkos::num_devices() >= 0 ? Kokkos::num_devices() - 1 : 1 << 20; }

void require_one_of(const std::string& name, std::string value, const std::vector<std::string>& values) {
  std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  require(std::find(values.begin(), values.end(), value) != values.end(), "cli",
          [&] { return fmt::format("{} must be one of {}, got '{}'", name, fmt::join(values, ", "), value); });
}

}  // namespace

void check_kokkos_arguments(const std::vector<std::string>& arguments) {
  const std::vector<std::string> truths{"true", "false", "yes", "no", "1", "0"};
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals), value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    const bool has_value = equals != std::string::npos;
    if (name == "--kokkos-num-threads") {
      require_integer(name, value, 1, most_threads);
    } else if (name == "--kokkos-device-id") {
      require_integer(name, value, 0, most_devices());
    } else if (name == "--kokkos-map-device-id-by") {
      require_one_of(name, value, {"mpi_rank", "random"});
    } else if (name == "--kokkos-disable-warnings" || name == "--kokkos-print-configuration" || name == "--kokkos-tune-internals") {
      if (has_value) require_one_of(name, value, truths);
    } else {
      const bool known = name == "--kokkos-help" || name == "--kokkos-tools-help" ||
                         (has_value && (name == "--kokkos-tools-libs" || name == "--kokkos-tools-args"));
      require(known, "cli", [&] { return fmt::format("'{}' is not an option of Kokkos (see: --kokkos-help; values follow a '=')", argument); });
    }
  }
  bool says_threads = false;
  for (const std::string& argument : arguments) says_threads = says_threads || argument.rfind("--kokkos-num-threads=", 0) == 0;
  if (!says_threads) check_openmp();
  if (const char* threads = std::getenv("KOKKOS_NUM_THREADS")) require_integer("KOKKOS_NUM_THREADS", threads, 1, most_threads);
  if (const char* device = std::getenv("KOKKOS_DEVICE_ID")) require_integer("KOKKOS_DEVICE_ID", device, 0, most_devices());
}

}  // namespace kswgd::cli
