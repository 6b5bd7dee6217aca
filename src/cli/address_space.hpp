// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

namespace kswgd::cli {

/// Where the address space is limited (ulimit -v): has OpenBLAS take its buffers now, while there is room for them, and not when data stand there. It asks for
/// them again and again where it gets none, and the program would never end. That there is room for so many is checked before main.
void take_blas_buffers();

}  // namespace kswgd::cli
