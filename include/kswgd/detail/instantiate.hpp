// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Core.hpp>

/// @file
/// Compiled code is instantiated for each execution space that this Kokkos has; with KSWGD_WITHOUT_SERIAL (CMake: KSWGD_ENABLE_SERIAL=OFF) for Serial only
/// where the host has no other.

#if defined(KOKKOS_ENABLE_SERIAL) && !(defined(KSWGD_WITHOUT_SERIAL) && (defined(KOKKOS_ENABLE_OPENMP) || defined(KOKKOS_ENABLE_THREADS)))
#define KSWGD_WITH_SERIAL(MACRO, ...) MACRO(Kokkos::Serial __VA_OPT__(, ) __VA_ARGS__)
#else
#define KSWGD_WITH_SERIAL(MACRO, ...)
#endif
#ifdef KOKKOS_ENABLE_OPENMP
#define KSWGD_WITH_OPENMP(MACRO, ...) MACRO(Kokkos::OpenMP __VA_OPT__(, ) __VA_ARGS__)
#else
#define KSWGD_WITH_OPENMP(MACRO, ...)
#endif
#ifdef KOKKOS_ENABLE_THREADS
#define KSWGD_WITH_THREADS(MACRO, ...) MACRO(Kokkos::Threads __VA_OPT__(, ) __VA_ARGS__)
#else
#define KSWGD_WITH_THREADS(MACRO, ...)
#endif
#ifdef KOKKOS_ENABLE_CUDA
#define KSWGD_WITH_CUDA(MACRO, ...) MACRO(Kokkos::Cuda __VA_OPT__(, ) __VA_ARGS__)
#else
#define KSWGD_WITH_CUDA(MACRO, ...)
#endif
#ifdef KOKKOS_ENABLE_HIP
#define KSWGD_WITH_HIP(MACRO, ...) MACRO(Kokkos::HIP __VA_OPT__(, ) __VA_ARGS__)
#else
#define KSWGD_WITH_HIP(MACRO, ...)
#endif

/// MACRO(Space) for each enabled execution space, or MACRO(Space, ...) with what else is given.
#define KSWGD_FOR_EACH_EXECUTION_SPACE(...) \
  KSWGD_WITH_SERIAL(__VA_ARGS__) KSWGD_WITH_OPENMP(__VA_ARGS__) KSWGD_WITH_THREADS(__VA_ARGS__) KSWGD_WITH_CUDA(__VA_ARGS__) KSWGD_WITH_HIP(__VA_ARGS__)

/// For a file that compiles one class template of an execution space: template class Name<Space> for each.
#define KSWGD_INSTANTIATE_CLASS(NAME) KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_CLASS_OF_SPACE, NAME)
#define KSWGD_CLASS_OF_SPACE(EXEC, NAME) template class NAME<EXEC>;
