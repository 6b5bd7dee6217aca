// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <Kokkos_Core.hpp>
#include <gtest/gtest.h>

#include <cfenv>
#include <cstdlib>

// Kokkos lives as long as all tests, and a NaN that appears in an operation on the host ends the run where it appears.
int main(int argc, char** argv) {
  setenv("OMP_PROC_BIND", "false", 0);
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i)
    if (std::string(argv[i]) == "--gtest_list_tests") return RUN_ALL_TESTS();
  const Kokkos::ScopeGuard guard(argc, argv);
#ifdef __GLIBC__
  feenableexcept(FE_INVALID);
#endif
  return RUN_ALL_TESTS();
}
