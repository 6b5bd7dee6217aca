// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <dlfcn.h>
#include <kswgd/algebra/blas_kernels.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace kswgd::algebra {
namespace {

using namespace std::string_view_literals;

/// Kernels of OpenBLAS for x86-64 by the vectors that they use; all others have 128 bits, or 256 without multiply-adds.
constexpr std::array wide_512 = {"SkylakeX"sv, "Cooperlake"sv, "SapphireRapids"sv};
constexpr std::array wide_256 = {"Haswell"sv, "Zen"sv, "Excavator"sv, "Steamroller"sv, "Piledriver"sv, "Bulldozer"sv};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string blas_kernels() {
  using Corename = char* (*)();
  const auto corename = reinterpret_cast<Corename>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return corename ? corename() : "";
}

VectorInstructions vector_instructions() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  const bool avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                      __builtin_cpu_supports("avx512vl") != 0;
  return {avx2, avx512};
#else
  return {};
#endif
}

std::string wider_blas_kernels(const std::string& chosen, const VectorInstructions& available) {
  if (chosen.empty() || among(wide_512, chosen)) return "";
  if (available.avx512) return "SKYLAKEX";
  return available.avx2 && !among(wide_256, chosen) ? "HASWELL" : "";
}

}  // namespace kswgd::algebra
