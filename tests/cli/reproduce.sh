#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Experiments from outside: the list, what a run leaves behind, what it shows, and refusals.
source "$(dirname "$0")/common.sh"

# value METHOD METRIC KEY: a number of the row with this method and metric (keys of a row are sorted, one to a line).
value() {
  awk -v method="\"method\": \"$1\"" -v metric="\"metric\": \"$2\"" -v key="\"$3\":" '
    /\{/ { row = "" } { row = row $0 "\n" }
    /\}/ { if (index(row, method) && index(row, metric)) { n = split(row, lines, "\n"); for (i = 1; i <= n; ++i) if (index(lines[i], key)) { sub(/.*: */, "", lines[i]); sub(/,$/, "", lines[i]); print lines[i]; exit } } }' "$result"
}
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a != "null" && a + 0 < b + 0) }'; }

accepts reproduce --list
for name in circle sphere torus checkerboard double-well quadruple-well mueller-brown allen-cahn allen-cahn-2d digits molecule convergence feynman-kac ink; do
  check "--list has $name" grep -q "^$name " out
done
refuses 2 "there is no experiment 'nothing'; known are: circle" reproduce nothing
refuses 2 "an experiment must be named" reproduce
refuses 2 "'missing.h5'" reproduce molecule --data missing.h5 -o out_of_nothing

result=digits/result.json
accepts reproduce digits -o digits --quiet
for file in result.json samples.h5 samples.xdmf page.md digits-sheets.png; do check "digits leaves $file" test -s "digits/$file"; done
check "every dataset has a shape" grep -q 'samples.h5:/data' digits/samples.xdmf
accepts info digits/samples.h5
check "the data are in samples.h5" grep -q '/data' out
check "the method's samples are in samples.h5" grep -q '/kswgd' out
check "generated digits are new: nearest neighbours above .9" below 0.9 "$(value kswgd memorisation_ratio value)"
check "and not much further away than unseen digits" below "$(value kswgd memorisation_ratio value)" 1.3
check "latent energy distance below 1.3 x the floor" below "$(value kswgd energy_distance_latent value)" "$(awk -v f="$(value kswgd energy_distance_latent floor)" 'BEGIN { print 1.3 * f }')"
check "copies of the data are seen as such" below "$(value 'data redrawn' memorisation_ratio_latent value)" 0.1
finish
