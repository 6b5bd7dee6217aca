// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Core.hpp>

/// @file
/// Compiled code is instantiated for each execution space that this Kokkos has.

#ifdef KOKKOS_ENABLE_SERIAL
#define KSWGD_WITH_SERIAL(MACRO) MACRO(Kokkos::Serial)
#else
#define KSWGD_WITH_SERIAL(MACRO)
#endif
#ifdef KOKKOS_ENABLE_OPENMP
#define KSWGD_WITH_OPENMP(MACRO) MACRO(Kokkos::OpenMP)
#else
#define KSWGD_WITH_OPENMP(MACRO)
#endif
#ifdef KOKKOS_ENABLE_CUDA
#define KSWGD_WITH_CUDA(MACRO) MACRO(Kokkos::Cuda)
#else
#define KSWGD_WITH_CUDA(MACRO)
#endif
#ifdef KOKKOS_ENABLE_HIP
#define KSWGD_WITH_HIP(MACRO) MACRO(Kokkos::HIP)
#else
#define KSWGD_WITH_HIP(MACRO)
#endif

/// MACRO(Space) for each enabled execution space.
#define KSWGD_FOR_EACH_EXECUTION_SPACE(MACRO) KSWGD_WITH_SERIAL(MACRO) KSWGD_WITH_OPENMP(MACRO) KSWGD_WITH_CUDA(MACRO) KSWGD_WITH_HIP(MACRO)
