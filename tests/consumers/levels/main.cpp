// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <cstdio>

const char* level();

int main() { std::puts(level()); }
