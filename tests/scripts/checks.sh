#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The checks of CI find what they look for: each is shown a small repository with one fault.
source "$(dirname "$0")/common.sh"
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="*"
mkdir "$work/repository"
cd "$work/repository" || exit 1
mkdir -p scripts include/kswgd/support include/kswgd/flow src/flow
cp "$root"/scripts/check-bans "$root"/scripts/check-includes "$root"/scripts/check-format scripts/
cp "$root/.clang-format" .
spdx='// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
'
# put FILE TEXT: one source file, known to git.
put() { printf '%s\n%s\n' "$spdx" "$2" >"$1"; git add "$1"; }
git init -q .
git add .
put include/kswgd/support/a.hpp '#pragma once'
put src/flow/a.cpp '#include <kswgd/support/a.hpp>'
gives 0 '' scripts/check-bans
gives 0 '' scripts/check-includes

put src/flow/a.cpp 'void f() { Kokkos::fence(); }'
gives 1 'src/flow/a.cpp:4:void f() { Kokkos::fence(); }' scripts/check-bans
put src/flow/a.cpp '#include <hdf5.h>'
gives 1 'HDF5 is seen in src/io alone' scripts/check-bans
put src/flow/a.cpp '#include <Ana''saziTypes.hpp>'
gives 1 'Trilinos is seen in src/spectrum alone' scripts/check-bans
put src/flow/a.cpp "// TO""DO: the rest"
gives 1 'finish it, or leave it out' scripts/check-bans
put src/flow/a.cpp 'const IndexedRandom random(seed, 0x7374617274 + i);'
gives 1 'a stream of random numbers has a name' scripts/check-bans
put include/kswgd/support/a.hpp '#include <iostream>'
put src/flow/a.cpp '#include <kswgd/support/a.hpp>'
gives 1 'include/kswgd/support/a.hpp:4' scripts/check-bans
put include/kswgd/support/a.hpp '#pragma once'
echo 'int x;' >src/flow/a.cpp
gives 1 'src/flow/a.cpp: no line' scripts/check-bans

put src/flow/a.cpp '#include <kswgd/support/a.hpp>'
put include/kswgd/support/a.hpp '#include <kswgd/flow/flow.hpp>'
gives 1 'include/kswgd/support/a.hpp:4: room support includes <kswgd/flow/flow.hpp>, which is below it' scripts/check-includes
put include/kswgd/support/a.hpp '#include "../flow/flow.hpp"'
put include/kswgd/flow/flow.hpp '#pragma once'
gives 1 'include/kswgd/support/a.hpp:4: room support includes "../flow/flow.hpp", which is below it' scripts/check-includes
put include/kswgd/support/a.hpp '#include "../generated.hpp"'
gives 0 '' scripts/check-includes
mkdir src/attic
put src/attic/a.cpp '#include <kswgd/support/a.hpp>'
gives 1 'src/attic/a.cpp: its folder is no room' scripts/check-includes
rm -r src include
git add -A
gives 1 'no include of the library was found' scripts/check-includes

if command -v clang-format >/dev/null && clang-format --version | grep -q 'version 14\.'; then
  mkdir src
  put src/a.cpp 'int  x ;'
  gives 1 'check-format: not formatted: src/a.cpp' scripts/check-format
  put src/a.cpp 'int x;'
  gives 0 '' scripts/check-format
fi
finish
