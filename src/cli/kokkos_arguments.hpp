// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <string>
#include <vector>

namespace kswgd::cli {

/// Throws InvalidInput for an option of Kokkos that it does not know, or a value that it would end the process for; so, too,
/// for what the environment tells it (KOKKOS_NUM_THREADS, KOKKOS_DEVICE_ID). To be called before Kokkos::initialize.
void check_kokkos_arguments(const std::vector<std::string>& arguments);

}  // namespace kswgd::cli
