// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <string>

/// @file
/// OpenBLAS holds kernels for many processors and chooses when it is loaded. A processor that is newer than the library may get those of one
/// twenty years older, and dense algebra at a fifth of its speed.

namespace kswgd::algebra {

/// The kernels that OpenBLAS runs, as it names them ("Prescott", "SkylakeX"); empty where another BLAS is linked.
std::string blas_kernels();

/// Instruction sets that decide which kernels of OpenBLAS a processor can run.
struct VectorInstructions {
  bool avx2 = false, avx512 = false;
};
/// Those of the processor at hand.
VectorInstructions vector_instructions();

/// A value for the environment variable OPENBLAS_CORETYPE that selects kernels with wider vectors than the chosen ones have; empty where there are
/// none, or `chosen` is empty. OpenBLAS reads the variable when it is loaded: a program must set it and start itself anew.
std::string wider_blas_kernels(const std::string& chosen = blas_kernels(), const VectorInstructions& available = vector_instructions());

}  // namespace kswgd::algebra
