#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# examples/insitu.cpp: what it learns while it runs is what its stored trajectory says, and its restart is bitwise.
# usage: insitu.sh PROGRAM SOURCE [mpirun -n 2]
source "$(dirname "$0")/common.sh"
insitu=$1 source=$2
ranks=("${@:3}")

"$insitu" 4000 --store rows.bin --write 2000 half >whole || fail "the run ended with $?"
cat whole
"$insitu" 4000 --restart half >again || fail "the restarted run ended with $?"
check "the restart gives the same positions and walkers" test "$(grep positions whole)" = "$(grep positions again)"
check "and the same spectrum, to the bit" test "$(grep lambda whole)" = "$(grep lambda again)"
"$insitu" --stored rows.bin >stored || fail "the fit of the stored rows ended with $?"
same_spectrum() { # FILE: as many rows and the same eigenvalues as the whole run, to 1e-10
  awk -v other="$1" '/lambda/ { n = 0; for (k = NF - 2; k <= NF; ++k) x[FILENAME, n++] = $k; rows[FILENAME] = $1 }
    END { for (k = 0; k < 3; ++k) { a = x["whole", k]; b = x[other, k]; if (!(a > 0) || (a - b) ^ 2 > 1e-20 * a * a) exit 1 } exit !(rows["whole"] == rows[other]) }' whole "$1"
}
check "the stored trajectory has the same spectrum, to 1e-10" same_spectrum stored
# Exactly .7487 (docs/method.md); 160,000 dependent rows, whose first are of no equilibrium, are good for 10 %.
check "lambda_1 is that of the law" awk '/lambda/ { exit !($5 > .67 && $5 < .82) }' whole
# Rows are read in tiles: what kswgd holds does not grow with the particles. (A copy of the larger system's rows in double precision would take 160 000 bytes more.)
held() { "$insitu" 40 --dumbbells "$1" | awk '/bytes in kswgd/ { print $1 }'; }
small=$(held 10000) large=$(held 20000)
check "it holds $small bytes beside 10 000 dumbbells, $large beside 20 000" test "${small:-0}" -gt 100000 -a "$((large - small))" -lt 10000
if ((${#ranks[@]})); then
  export OMP_NUM_THREADS=1
  "${ranks[@]}" "$insitu" 4000 --write 2000 shared >on_ranks || fail "the run on ranks ended with $?"
  cat on_ranks
  check "ranks that share the dumbbells learn the same spectrum, to 1e-10" same_spectrum on_ranks
  "${ranks[@]}" "$insitu" 4000 --restart shared >again_on_ranks || fail "the restarted run on ranks ended with $?"
  check "and their restart is bitwise" test "$(grep -e positions -e lambda on_ranks)" = "$(grep -e positions -e lambda again_on_ranks)"
fi
lines=$(awk '/^ *\/\/ kswgd >$/ { on = 1; next } /^ *\/\/ < kswgd$/ { on = 0 } on && NF && $1 !~ /^\/\//' "$source" | wc -l)
check "it adds at most 20 lines to the loop, not $lines" test "$lines" -gt 5 -a "$lines" -le 20
finish
