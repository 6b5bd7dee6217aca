#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Columns by name: those that are chosen of a table with others, and those of the model's names wherever they stand.
source "$(dirname "$0")/common.sh"

accepts simulate quadruple-well --exact --samples 600 --seed 1 -o bare.csv
awk 'BEGIN { print "x,y" } { print }' bare.csv >plain.csv
awk -F, 'BEGIN { print "id,y,kind,x" } { print NR "," $2 "," (NR % 2 ? "odd" : "even") "," $1 }' bare.csv >wide.csv
awk -F, 'BEGIN { print "y,id" } { print $2 "," $1 }' bare.csv >partly.csv
awk -F, 'BEGIN { print "u,v" } { print }' bare.csv >renamed.csv

refuses 2 "'odd' is not a number" fit wide.csv -o no.h5
refuses 2 "has no column 'z': its columns are 'id', 'y', 'kind', 'x'" fit wide.csv --columns x,z -o no.h5
accepts fit plain.csv -o plain.h5 --features 50 --modes 4
accepts fit wide.csv --columns x,y -o wide.h5 --features 50 --modes 4
accepts sample plain.h5 -n 200 -o plain-samples.csv
accepts sample wide.h5 -n 200 -o wide-samples.csv
check "chosen columns are fitted as if there were no others" cmp -s plain-samples.csv wide-samples.csv
check "and keep their names" [ "$(head -n 1 wide-samples.csv)" = x,y ]
accepts fit wide.csv --columns c3,c1 -o numbered.h5 --features 50 --modes 4
accepts sample numbered.h5 -n 200 -o numbered-samples.csv
check "numbers choose as names do" cmp -s plain-samples.csv numbered-samples.csv

# A model takes the columns of its names.
accepts evaluate plain.h5 plain.csv -o plain-values.csv
accepts evaluate plain.h5 wide.csv -o wide-values.csv
for kind in eigenfunctions log_density score; do
  check "$kind does not depend on where columns stand" cmp -s "plain-values_$kind.csv" "wide-values_$kind.csv"
done
accepts spectrum plain.h5 --data wide.csv --bootstrap 20 --json wide.json
accepts spectrum plain.h5 --data plain.csv --bootstrap 20 --json plain.json
check "nor do intervals" python3 -c 'import json; a, b = (json.load(open(name)) for name in ("wide.json", "plain.json")); assert a["low"] == b["low"] and None not in a["low"]'
accepts sample plain.h5 -n 200 --start wide.csv -o started.csv
accepts sample plain.h5 -n 200 --start plain.csv -o started-plain.csv
check "nor does a start" cmp -s started.csv started-plain.csv
accepts score plain-samples.csv --reference wide.csv --json wide.json
accepts score plain-samples.csv --reference plain.csv --json plain.json
check "nor a score" python3 -c 'import json; a, b = (json.load(open(name)) for name in ("wide.json", "plain.json")); assert a["metrics"] == b["metrics"]'
refuses 2 "in another place than where it is wanted, and no 'x'" evaluate plain.h5 partly.csv -o no.csv
accepts evaluate plain.h5 renamed.csv -o renamed-values.csv
check "other names are told" grep -q "note: 'renamed.csv' names its columns 'u', 'v'" out
check "and the points taken as they stand" cmp -s plain-values_score.csv renamed-values_score.csv

# Other points are no ground for intervals of the eigenvalues.
awk -F, 'BEGIN { print "x,y" } { print $1 + 1000 "," $2 }' bare.csv >far.csv
refuses 2 "are other points than the model was fitted to" spectrum plain.h5 --data far.csv --bootstrap 20
accepts spectrum plain.h5 --data renamed.csv --bootstrap 20
finish
