// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Core.hpp>
#include <kswgd/version.hpp>

/// @file
/// Refuses, in a sentence, to be compiled in ways in which the compiled library would not fit.

#if __cplusplus < 202002L
#error "kswgd needs C++20: compile what includes its headers with -std=c++20 or later (CMake does so for targets that link kswgd::core)"
#endif
#if !defined(__cpp_exceptions) && !defined(__CUDA_ARCH__) && !defined(__HIP_DEVICE_COMPILE__)
#error "kswgd reports errors by exceptions: compile what includes its headers without -fno-exceptions"
#endif
#ifdef _GLIBCXX_DEBUG
#error "kswgd was compiled without _GLIBCXX_DEBUG, under which std::vector has another layout: compile without it (_GLIBCXX_ASSERTIONS checks bounds, too)"
#endif
#if KOKKOS_VERSION != KSWGD_KOKKOS_VERSION
#error \
    "kswgd was compiled with another Kokkos than the one whose headers come first here (KSWGD_KOKKOS_VERSION in kswgd/version.hpp): two in one process do not work"
#endif
