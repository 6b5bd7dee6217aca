#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The main job from outside: new samples of a metastable system, at the level of the data, from the wrong side of a barrier.
source "$(dirname "$0")/common.sh"

# number FILE KEY: the first number of this name in a JSON file.
number() { grep -o "\"$2\": *[-0-9.e+]*" "$1" | head -n 1 | sed 's/.*: *//'; }
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

accepts simulate double-well --exact --samples 10000 --seed 1 -o data.h5
accepts simulate double-well --exact --samples 50000 --seed 2 -o reference.h5
for i in $(seq 2000); do echo "1.0$((i % 97)),0.0$((i % 89))"; done >start.csv
accepts fit data.h5 -o model.h5
accepts sample model.h5 -n 2000 --start start.csv -o samples.h5
accepts score start.csv --reference reference.h5 --json before.json
accepts score samples.h5 --reference reference.h5 --json after.json
check "sliced W2 of the samples is below 1.2 x the i.i.d. floor" below "$(number after.json value)" "$(awk -v f="$(number after.json floor)" 'BEGIN { print 1.2 * f }')"
check "the start was far away" below 0.5 "$(number before.json value)"
finish
