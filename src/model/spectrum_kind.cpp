// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/model/model_data.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <array>

namespace kswgd {
namespace {

constexpr std::array<const char*, 5> kind_names{"generator", "generator with diffusion", "generator with killing", "edmd", "diffusion-map"};

}  // namespace

const char* name_of(SpectrumKind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }

SpectrumKind spectrum_kind(const std::string& name) {
  const auto* found = std::find(kind_names.begin(), kind_names.end(), name);
  require(found != kind_names.end(), "spectrum_kind", [&] { return "there is no spectrum of the kind '" + name + "'"; });
  return static_cast<SpectrumKind>(found - kind_names.begin());
}

}  // namespace kswgd
