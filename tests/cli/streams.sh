#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# fit --keep-sums and --update: the model of two parts is that of the whole.
source "$(dirname "$0")/common.sh"

# number FILE FIELD: the first number of a field of a JSON file.
number() { tr -d ' \n' <"$1" | sed -E "s/.*\"$2\":\[?([-+0-9.e]+).*/\1/"; }
# near A B RELATIVE
near() { awk -v a="$1" -v b="$2" -v r="$3" 'BEGIN { d = a - b; if (d < 0) d = -d; if (b < 0) b = -b; exit !(d <= r * b) }'; }

accepts simulate quadruple-well --exact --samples 4000 --seed 1 -o whole.csv
(head -n 1 whole.csv | grep -q '[a-z]') && fail "the points have a header, which this test cuts"
head -n 3000 whole.csv >first.csv
tail -n 1000 whole.csv >second.csv

accepts fit first.csv -o plain.h5 --features 50 --modes 6
accepts fit first.csv -o kept.h5 --features 50 --modes 6 --keep-sums --json kept.json
accepts spectrum plain.h5 --json plain_spectrum.json
accepts spectrum kept.h5 --json kept_spectrum.json
check "--keep-sums changes no eigenvalue" near "$(number kept_spectrum.json eigenvalues | tail -n 1)" "$(number plain_spectrum.json eigenvalues)" 0
for file in plain kept; do "$kswgd" spectrum $file.h5 --quiet --json - | tr -d ' \n' | sed -E 's/.*"eigenvalues":\[([^]]*)\].*/\1/' | tr , '\n' >$file.values; done
check "--keep-sums gives as many eigenvalues" test "$(wc -l <kept.values)" = "$(wc -l <plain.values)"
while read -r a b; do near "$a" "$b" 1e-9 || fail "eigenvalue $a of --keep-sums, not $b"; done < <(paste -d' ' kept.values plain.values | tail -n +2)

accepts fit second.csv --update kept.h5 -o updated.h5 --modes 6 --json updated.json
check "the update says how many rows were added" grep -q "1000 rows were added to the 3000 of 'kept.h5'" updated.json
check "an updated model has seen all rows" test "$(number updated.json samples)" = 4000
accepts fit whole.csv -o all.h5 --features 50 --modes 6
for file in updated all; do "$kswgd" spectrum $file.h5 --quiet --json - | tr -d ' \n' | sed -E 's/.*"eigenvalues":\[([^]]*)\].*/\1/' | tr , '\n' >$file.values; done
while read -r a b; do near "$a" "$b" 0.05 || fail "eigenvalue $a of the update, not $b"; done < <(paste -d' ' updated.values all.values | sed -n 2,5p)
accepts sample updated.h5 -n 200 -o samples.h5 --max-steps 5
accepts info updated.h5
check "info says that sums are kept" grep -q 'fit --update goes on from this model' out
accepts fit second.csv --update updated.h5 -o third.h5 --modes 6 --json third.json
check "an update can be updated" test "$(number third.json samples)" = 5000

# Rows elsewhere: the basis is laid out anew.
awk -F, -v OFS=, '{ $1 += 8; print }' whole.csv >far.csv
accepts fit far.csv --update kept.h5 -o far.h5 --json far.json
check "a basis that does not reach is laid out anew, and it is said" grep -q "laid out anew" far.json
check "all rows have been seen" test "$(number far.json samples)" = 7000

refuses 2 "holds no sums to go on from: fit it with --keep-sums" fit second.csv --update plain.h5 -o no.h5
refuses 2 "--features was decided when 'kept.h5' was fitted" fit second.csv --update kept.h5 --features 25 -o no.h5
refuses 2 "leave out --lag" fit second.csv --update kept.h5 --lag 1 -o no.h5
refuses 2 "leave out --lag" fit second.csv --keep-sums --hold-out 10 -o no.h5
refuses 2 "is both input and output" fit second.csv --update kept.h5 -o kept.h5
awk -F, '{ print $1 }' second.csv >narrow.csv
refuses 2 "is a model of points with 2 coordinates, 'narrow.csv' has 1" fit narrow.csv --update kept.h5 -o no.h5
printf '\x41' | dd of=kept.h5 bs=1 seek=900000 conv=notrunc 2>/dev/null
refuses 2 "damaged" fit second.csv --update kept.h5 -o no.h5
finish
