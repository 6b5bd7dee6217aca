#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What is said of data holds in every command: weights in each form, order, stride, time.
source "$(dirname "$0")/common.sh"

# eigenvalue MODEL: lambda_1.
eigenvalue() { "$kswgd" spectrum "$1" --json - | awk '/"eigenvalues"/ { on = 1; next } on && /[0-9]/ && ++n == 2 { gsub(/[ ,]/, ""); print; exit }'; }
between() { awk -v x="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(x != "" && low <= x && x <= high) }'; }

# N(0, 4), with weights towards N(0, 1): lambda_1 is 1 over the variance (Ornstein-Uhlenbeck).
accepts simulate ornstein-uhlenbeck --exact --samples 4000 --temperature 4 --seed 1 -o hot.csv
awk '{ print exp(-$1 * $1 * .375) }' hot.csv >w.csv
accepts fit hot.csv --features 25 --modes 3 -o plain.h5 --json plain.json
check "plain points: 1/4" between "$(eigenvalue plain.h5)" 0.22 0.28
check "they are in no order" grep -q '"ordered": false' plain.json
accepts fit hot.csv --weights w.csv --features 25 --modes 3 -o weighted.h5 --json weighted.json
check "weights of a .csv count: 1" between "$(eigenvalue weighted.h5)" 0.88 1.12
check "they are worth fewer points" grep -q -E '"effective_samples": [123]?[0-9]{3}\.' weighted.json
head -n 1500 hot.csv >a.csv && tail -n 2500 hot.csv >b.csv
head -n 1500 w.csv >wa.csv && tail -n 2500 w.csv >wb.csv
accepts fit a.csv,b.csv --weights wa.csv,wb.csv --ordered no --features 25 --modes 3 -o list.h5 --json list.json
check "files with their weights: the same" test "$(eigenvalue list.h5)" = "$(eigenvalue weighted.h5)"
check "--ordered no is kept" grep -q '"ordered": false' list.json
accepts fit '[ab].csv' --weights 'w[ab].csv' --ordered no --features 25 --modes 3 -o pattern.h5
check "patterns name the same files" test "$(eigenvalue pattern.h5)" = "$(eigenvalue weighted.h5)"
refuses 2 "none that matches it" fit '[xy].csv' -o no.h5
refuses 2 "is both input and output" fit '[ab].csv' -o a.csv
refuses 2 "several files are one argument" fit a.csv b.csv -o no.h5
accepts fit hot.csv --weights w.csv --ordered yes --features 25 --modes 3 -o ordered.h5 --json ordered.json
check "--ordered yes is kept" grep -q '"ordered": true' ordered.json
for words in "committor weighted.h5 hot.csv --from=-2:.5 --to=2:.5 -o o.csv" "expect weighted.h5 hot.csv --observable hot.csv --times 1 -o o.csv" \
             "spectrum weighted.h5 --data hot.csv --bootstrap 10" "timescales hot.csv --lags 1 --features 12 --modes 1" \
             "chapman-kolmogorov hot.csv --lag 1 --multiples 2 --features 12 --modes 1" "koopman hot.csv --lag 1 --features 12" \
             "vamp hot.csv --lag 1 --features 12" "reweight hot.csv --lag 1 --features 12 -o o.csv"; do
  # shellcheck disable=SC2086 # words
  accepts $words --weights w.csv --dt .5 --ordered yes
  # shellcheck disable=SC2086
  refuses 2 "has 1500 weights for 4000 points" $words --weights wa.csv
done
refuses 2 "pairs at a lag need rows that follow one another" timescales hot.csv --ordered no
refuses 2 "pairs at a lag need rows that follow one another" fit hot.csv --lag 1 --ordered no -o no.h5
sed '7s/.*/-1/' w.csv >negative.csv
refuses 2 "has the weight -1" fit hot.csv --weights negative.csv -o no.h5
refuses 2 "there is no file 'w.cvs'" fit hot.csv --tilt w.cvs -o no.h5

# reweight's output is weights, in each format; a stride keeps the rows of each trajectory, of the data as of their weights.
accepts simulate ornstein-uhlenbeck --samples 301 --dt 0.1 --trajectories 4 --seed 2 -o t.h5
for format in h5 npy csv; do
  accepts reweight t.h5 --lag 2 --features 12 -o w.$format
  accepts fit t.h5 --weights w.$format --features 12 --modes 2 -o $format.h5 --json $format.json
  check "weights of .$format are those of .h5" test "$(eigenvalue $format.h5)" = "$(eigenvalue h5.h5)"
done
check "trajectories are in order" grep -q '"ordered": true' h5.json
accepts fit t.h5 --weights w.h5:/samples --features 12 --modes 2 -o named.h5
check "FILE:DATASET is the same" test "$(eigenvalue named.h5)" = "$(eigenvalue h5.h5)"
awk '(NR - 1) % 301 % 2 == 0' w.csv >kept.csv
accepts fit t.h5 --stride 2 --weights w.csv --features 12 --modes 2 -o all_rows.h5
accepts fit t.h5 --stride 2 --weights kept.csv --features 12 --modes 2 -o kept_rows.h5
check "weights of all rows, or of those that are kept" test "$(eigenvalue all_rows.h5)" = "$(eigenvalue kept_rows.h5)"

# Frames of a .npy are a trajectory where pairs are wanted: rate 1 in the unit that --dt gives.
accepts simulate ornstein-uhlenbeck --samples 6000 --dt 0.1 --burn-in 30 --seed 3 -o long.h5
accepts fit long.h5 --lag 5 --features 12 --modes 1 -o lagged.h5
check "the rate is 1" between "$(eigenvalue lagged.h5)" 0.8 1.25
accepts fit long.h5 --lag 5 --dt 0.2 --features 12 --modes 1 -o slower.h5
check "half of it where a step is twice as long" between "$(eigenvalue slower.h5)" 0.4 0.625
accepts fit long.h5 --lag 1 --stride 5 --features 12 --modes 1 -o strided.h5
check "a stride makes steps longer" between "$(eigenvalue strided.h5)" 0.8 1.25

# Of long files rows that are spread over all are compared: here the first half holds numbers below 1, the second those above.
python3 -c 'import struct
numbers = [i * 0.6180339887498949 % 1 + (i >= 300000) for i in range(600000)]
with open("halves.npy", "wb") as file:
    head = ("{%r: %r, %r: False, %r: (600000, 1), }" % ("descr", "<f8", "fortran_order", "shape")).ljust(117) + "\n"
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<600000d", *numbers))
with open("both.csv", "w") as file: file.writelines(f"{2 * (i * 0.7548776662466927 % 1):.6f}\n" for i in range(530000))'
accepts score halves.npy --reference both.csv --repeats 2 --json halves.json
check "it is said how many rows are compared" test "$(grep -c 'of the [56][03]0000 rows of .* 524288 are compared' out)" = 2
check "rows of all of a long file are compared" python3 -c 'import json
m = json.load(open("halves.json"))["metrics"]
raise SystemExit(not all(m[name]["value"] < 2 * m[name]["floor"] for name in ("sliced_wasserstein", "energy_distance")))'

# Rows that would not fit stay in their file: the same results, from each format, with weights, and nothing left beside the data.
rm -f ./*
planned() { awk '/"total"/ { gsub(/[^0-9]/, ""); print }' "$1"; }
accepts simulate quadruple-well --exact --samples 300000 --seed 4 -o many.h5
accepts simulate quadruple-well --exact --samples 300000 --seed 4 -o many.npy
accepts simulate quadruple-well --exact --samples 300000 --seed 4 -o many.csv
awk 'BEGIN { for (i = 0; i < 300000; ++i) print i % 5 ? 1 + i % 3 : 0 }' >w.csv
for format in h5 npy csv; do
  for more in "--modes 3" "--modes 4 --weights w.csv"; do
    # shellcheck disable=SC2086 # words
    accepts fit many.$format --features 12 $more --dry-run -o no.h5 --json plan.json
    # shellcheck disable=SC2086
    accepts fit many.$format --features 12 $more -o held.h5 --json held.json
    # shellcheck disable=SC2086
    accepts fit many.$format --features 12 $more -o left.h5 --json left.json --memory $(($(planned plan.json) - 1))
    check "rows of .$format are held where they fit" grep -q '"in_place": false' held.json
    check "rows of .$format stay where they would not" grep -q '"in_place": true' left.json
    "$kswgd" spectrum held.h5 >held.txt && "$kswgd" spectrum left.h5 >left.txt
    check "the spectrum of rows left in .$format ($more)" cmp -s held.txt left.txt
  done
done
check "nothing is left beside the data" test -z "$(find . -name '.*' -type f)"
accepts spectrum held.h5 --data many.h5 --weights w.csv --bootstrap 10 --json a.json
accepts spectrum held.h5 --data many.csv --weights w.csv --bootstrap 10 --json b.json --memory 1000000
check "intervals from rows left in their file" cmp -s <(grep -v -e command -e version a.json) <(grep -v -e command -e version b.json)
for command in "timescales many.npy --lags 1,70000" "chapman-kolmogorov many.npy --lag 2 --multiples 2"; do
  # shellcheck disable=SC2086 # words
  accepts $command --features 12 --modes 1 --bootstrap 5 --json a.json
  # shellcheck disable=SC2086
  accepts $command --features 12 --modes 1 --bootstrap 5 --json b.json --memory 1000000
  check "${command%% *} of frames left in their file" cmp -s <(grep -v command a.json) <(grep -v command b.json)
done

# What a model says of rows that stay in their file, tile by tile: the same bytes (but for the one in the command that is told).
for format in h5 npy csv; do
  for output in h5 npy csv; do
    [[ $format == h5 || $output == npy ]] || continue
    accepts evaluate held.h5 many.$format -o e.$output --memory 1GB --json e.json
    mv e.json whole.json
    for result in e*."$output"; do mv "$result" "whole-$result"; done
    accepts evaluate held.h5 many.$format -o e.$output --memory 1kB --json e.json
    mv e.json tiles.json
    check "points of .$format are held where they fit" grep -q '"in_place": false' whole.json
    check "points of .$format stay where they would not" grep -q '"in_place": true' tiles.json
    for result in e*."$output"; do
      check "$result of .$format in tiles" test "$(cmp -l "$result" "whole-$result" | wc -l)" = "$([[ $output == h5 ]] && echo 1 || echo 0)"
      check "$result of .$format is there" test -s "$result"
    done
  done
done
check "nothing is left beside the results" test -z "$(find . -name '.*' -type f)"

# Memory, but where a sanitizer keeps what was freed: that of evaluate does not grow with its points (43 MB of results), that of a fit is as it was said, to 30 %: whether
# the read-out comes to its finest level shows in the fit alone.
number() { awk -v name="\"$2\":" '$1 == name { gsub(/[^0-9]/, "", $2); print $2 }' "$1"; }
if ! grep -q __asan_init "$kswgd"; then
  accepts simulate quadruple-well --exact --samples 20000 -o few.h5
  accepts evaluate held.h5 few.h5 -o e.h5 --memory 1kB --json few.json
  accepts evaluate held.h5 many.h5 -o e.h5 --memory 1kB --json tiles.json
  check "evaluate in the memory of a tile" test "$(($(number tiles.json peak_bytes) - $(number few.json peak_bytes)))" -lt 12000000
  for fit in "few.h5 --features 400" "many.h5 --stride 6 --features 800 --rows-per-feature 3"; do
    # shellcheck disable=SC2086 # words
    accepts fit $fit -o m.h5 --modes 8 --json fit.json
    took=$(number fit.json peak_bytes) said=$(number fit.json peak_bytes_expected)
    check "fit $fit takes $took bytes where $said were expected" test "$((100 * took))" -gt "$((70 * said))" -a "$((100 * took))" -lt "$((130 * said))"
  done
fi
refuses 2 "with its rows left in their file, --memory allows 1000000" fit many.npy --features 12 -o no.h5 --memory 1000000
sed -i '250001s/^[^,]*/x/' many.csv
refuses 2 "'many.csv', line 25000" fit many.csv --features 12 -o no.h5 --memory 1000000
finish
