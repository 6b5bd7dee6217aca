#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# examples/insitu.cpp: what it learns while it runs is what its stored trajectory says, and its restart is bitwise.
# usage: insitu.sh PROGRAM SOURCE
source "$(dirname "$0")/common.sh"
insitu=$1 source=$2

"$insitu" 4000 --store rows.bin --write 2000 half >whole || fail "the run ended with $?"
cat whole
"$insitu" 4000 --restart half >again || fail "the restarted run ended with $?"
check "the restart gives the same positions and walkers" test "$(grep positions whole)" = "$(grep positions again)"
check "and the same spectrum, to the bit" test "$(grep lambda whole)" = "$(grep lambda again)"
"$insitu" --stored rows.bin >stored || fail "the fit of the stored rows ended with $?"
check "the stored trajectory has the same spectrum, to 1e-10" awk '
  /lambda/ { n = 0; for (k = NF - 2; k <= NF; ++k) x[FILENAME, n++] = $k; rows[FILENAME] = $1 }
  END { for (k = 0; k < 3; ++k) { a = x["whole", k]; b = x["stored", k]; if (!(a > 0) || (a - b) ^ 2 > 1e-20 * a * a) exit 1 } exit !(rows["whole"] == rows["stored"]) }' whole stored
# Exactly .7487 (docs/method.md); 160,000 dependent rows, whose first are of no equilibrium, are good for 10 %.
check "lambda_1 is that of the law" awk '/lambda/ { exit !($5 > .67 && $5 < .82) }' whole
lines=$(awk '/^ *\/\/ kswgd >$/ { on = 1; next } /^ *\/\/ < kswgd$/ { on = 0 } on && NF && $1 !~ /^\/\//' "$source" | wc -l)
check "it adds at most 20 lines to the loop, not $lines" test "$lines" -gt 5 -a "$lines" -le 20
finish
