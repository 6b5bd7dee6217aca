// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

const char* level() {
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
  return "v4";
#elif defined(__AVX2__) && defined(__FMA__)
  return "v3";
#else
  return "baseline";
#endif
}
