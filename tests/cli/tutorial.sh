#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The commands of docs/tutorial-chain.md, as they stand there, and what it says of their results.
root=$(cd "$(dirname "$0")/../.." && pwd)
source "$(dirname "$0")/common.sh"

cp -r "$root/examples" .
# shellcheck disable=SC2016  # the document's words, not the shell's
mapfile -t lines < <(sed -n 's/^    \(\$kswgd [a-z].*\|awk .*\)$/\1/p' "$root/docs/tutorial-chain.md")
check "the tutorial has commands (${#lines[@]})" test "${#lines[@]}" -ge 7
: >said
for line in "${lines[@]}"; do
  checks=$((checks + 1))
  kswgd=$kswgd bash -c "$line" >>said 2>err || { fail "$line gave $?"; cat err; }
done
# mean FILE COLUMN LOW HIGH: of a table with a header.
# shellcheck disable=SC2317  # check calls it
mean() { awk -F, -v c="$2" -v l="$3" -v h="$4" 'NR > 1 { s += $c; ++n } END { exit !(n > 0 && s / n > l && s / n < h) }' "$1"; }
check "the chain is seen" grep -q 'note: rows follow one another in time' said
check "repeats are seen" grep -q 'rows repeat another' said
check "the samples under the other prior are good" grep -q 'verdict: good' said
# The chain's own rows weighted by exp(-W) say what the other prior's mean is.
weighted=$(paste -d, chain.csv <(echo w; cat w.csv) | awk -F, 'NR > 1 { w = exp(-$4); s += w * $2; t += w } END { print s / t }')
check "log_k under the other prior is that of the weighted chain, $weighted" mean narrow.csv 2 "$(awk -v m="$weighted" 'BEGIN { print m - 0.02 }')" "$(awk -v m="$weighted" 'BEGIN { print m + 0.02 }')"
check "log_k is what was given" mean given.csv 2 -0.700001 -0.699999
# Rows of the chain with log_k within .05 of the condition.
near=$(awk -F, 'NR > 1 && $2 > -0.75 && $2 < -0.65 { s += $1; ++n } END { print s / n }' chain.csv)
check "log_a under the condition is that of the chain near it, $near" mean given.csv 1 "$(awk -v m="$near" 'BEGIN { print m - 0.02 }')" "$(awk -v m="$near" 'BEGIN { print m + 0.02 }')"
finish
