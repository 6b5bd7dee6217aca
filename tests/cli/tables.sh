#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# A table in, a table out: names, units, integers, marginals, a wild row, and the verdict.
source "$(dirname "$0")/common.sh"

# has FILE TEXT: the file holds the text.
has() { grep -q -F -- "$2" "$1" || { fail "$1 does not hold '$2':"; head -c 2000 "$1"; }; checks=$((checks + 1)); }

# Metres and a count: the count goes with the square of the length. By a sum of twelve uniform numbers, which is nearly normal.
awk -v bound=0 'BEGIN {
  srand(3); print "length,count,\"share, of all\""
  for (i = 0; i < 1500; ++i) {
    z = -6; for (j = 0; j < 12; ++j) z += rand()
    e = -6; for (j = 0; j < 12; ++j) e += rand()
    s = -log(1 - rand())
    printf "%.6g,%d,%.6g\n", 1e-3 * z, int(500 + 200 * z * z + 20 * e), 1e4 * s
  }
}' >table.csv

accepts fit table.csv -o model.h5 --json fit.json
has fit.json '"coordinates": "normal"'
has fit.json 'normal scores'
accepts sample model.h5 -n 900 -o samples.csv --decimals data --json sample.json
check "the header is the data's" [ "$(head -n 1 samples.csv)" = "$(head -n 1 table.csv)" ]
check "counts are integers" awk -F, 'NR > 1 && $2 != int($2) { exit 1 }' samples.csv
has sample.json '"marginals": "matched"'
has sample.json '"verdict": "good"'
has sample.json '"reasons": []'
# Nothing lies outside the data's range.
check "marginals are the data's" awk -F, 'NR == FNR { if (FNR > 1) { if (FNR == 2 || $3 < low) low = $3; if ($3 > high) high = $3 }; next }
  FNR > 1 && ($3 < low - 1e-9 || $3 > high + 1e-9) { exit 1 }' table.csv samples.csv
# The bond is there: count - 500 - 200 (1000 length)^2 has a deviation of 20 in the data, of 280 without the bond.
check "columns keep their bond" awk -F, 'NR > 1 { r = $2 - 500 - 200 * (1000 * $1) ^ 2; s += r * r } END { exit !(sqrt(s / (NR - 1)) < 120) }' samples.csv

accepts sample model.h5 -n 900 -o free.h5 --marginals free --json free.json
has free.json '"marginals": "free"'
accepts info free.h5
has out columns
accepts info model.h5
has out 'share, of all'
accepts sample model.h5 -n 50 --given length=0.001 -o given.csv
check "conditional draws have the names" [ "$(head -n 1 given.csv)" = "$(head -n 1 table.csv)" ]
refuses 2 "there is no column 'width'" sample model.h5 -n 50 --given width=1 -o given2.csv

# Columns shuffled against one another: doubtful, also where nothing is printed.
awk -F, 'NR == 1 { print; next } { a[NR] = $1; b[NR] = $2; c[NR] = $3 } END { n = NR - 1; for (i = 2; i <= NR; ++i) print a[i] "," b[2 + (i * 377) % n] "," c[2 + (i * 211) % n] }' \
  samples.csv >shuffled.csv
accepts score shuffled.csv --reference table.csv --json score.json --quiet
has score.json '"verdict": "doubtful"'
has score.json '"standardised"'
has score.json '"worst_column"'
check "one line on stderr" [ "$(grep -c doubtful err)" = 1 ]
accepts score samples.csv --reference table.csv --json good.json --quiet
has good.json '"verdict": "good"'

# One wild row of 1500.
awk 'NR == 700 { sub(/^[^,]*/, "1e5") } { print }' table.csv >wild.csv
accepts fit wild.csv -o wild.h5
has out "row 698, column 'length'"
accepts sample wild.h5 -n 900 -o tame.csv --marginals free
check "one wild row spoils nothing" awk -F, 'NR > 1 && ($1 > 0.01 || $1 < -0.01) { ++strays } END { exit !(strays <= 2) }' tame.csv

# Comparable columns: the same numbers with and without the choice.
accepts simulate quadruple-well --exact --samples 800 --seed 1 -o plain.csv
accepts fit plain.csv -o one.h5 --json one.json --modes 4
accepts fit plain.csv -o two.h5 --json two.json --modes 4 --coordinates given
has one.json '"coordinates": "given"'
accepts sample one.h5 -n 300 -o one.csv
accepts sample two.h5 -n 300 -o two.csv
check "well-behaved data are fitted as they are" cmp -s one.csv two.csv
accepts fit plain.csv -o std.h5 --json std.json --modes 4 --coordinates standard
has std.json '"coordinates": "standard"'
refuses 2 "--coordinates" fit plain.csv -o no.h5 --coordinates polar
finish
