#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Numbers that no machine can serve are refused at once; those that only look odd are taken for what they are.
source "$(dirname "$0")/common.sh"

accepts simulate quadruple-well --exact --samples 400 --seed 1 -o data.h5
accepts simulate quadruple-well --samples 400 --seed 1 -o walk.h5
accepts fit data.h5 -o model.h5 --features 25 --modes 4

for n in 1e30 99999999999999 9223372036854775807 9223372036854775808 -9223372036854775809 1e400 1.5 nan inf abc ''; do
  refuses 2 "--particles" sample model.h5 -n "$n" -o s.h5
done
refuses 2 "ask for fewer" sample model.h5 -n 500000000000 -o s.h5
refuses 2 "ask for fewer" simulate quadruple-well --exact --samples 900000000000 -o s.h5
refuses 2 "ask for fewer" simulate quadruple-well --samples 900000000000 --trajectories 900000000000 -o s.h5
refuses 2 "--samples" simulate quadruple-well --samples 1e30 -o s.h5
refuses 2 "--burn-in" simulate quadruple-well --burn-in 1e19 -o s.h5
refuses 2 "ask for fewer" simulate allen-cahn --dimension 1000000 --samples 1000000 -o s.h5
refuses 2 "--features" fit data.h5 --features 1000000000 -o m.h5
refuses 2 "--features" timescales walk.h5 --features 1000000000
refuses 2 "--modes" fit data.h5 --modes 1e10 -o m.h5
refuses 2 "--modes" sample model.h5 -n 10 --modes 99999999999999999999 -o s.h5
refuses 2 "--modes" koopman walk.h5 --lag 1 --modes 1e10
refuses 2 "--every" sample model.h5 -n 10 --checkpoint c.h5 --every 1e30 -o s.h5
refuses 2 "--every" sample model.h5 -n 10 --checkpoint c.h5 --every 0 -o s.h5
refuses 2 "--repeats" score data.h5 --reference data.h5 --repeats 4294967297
refuses 2 "--bootstrap" timescales walk.h5 --bootstrap 1e12
refuses 2 "--memory" fit data.h5 --memory 99999999999999999999 -o m.h5
refuses 2 "--lag" fit walk.h5 --lag 99999999999999999999 -o m.h5
refuses 2 "no trajectory is longer than the lag" fit walk.h5 --lag 1e12 -o m.h5
refuses 2 "no trajectory is longer than the lag" vamp walk.h5 --lag 1e12
refuses 2 "no trajectory is longer than the lag" chapman-kolmogorov walk.h5 --lag 1e12 --multiples 1000
refuses 2 "--lags" timescales walk.h5 --lags 1,1e30
refuses 2 "at least 3 points" fit data.h5 --stride 1e12 -o m.h5
refuses 2 "--stride" fit data.h5 --stride 1e30 -o m.h5
refuses 2 "--hold-out" fit data.h5 --hold-out 1e30 -o m.h5
refuses 2 "--rounds" bench --quick --rounds 4294967297
refuses 2 "--points" bench --quick --points 1e30
refuses 2 "ask for fewer" bench --quick --points 500000000000 --rounds 1
refuses 2 "--bandwidth" fit data.h5 --bandwidth inf -o m.h5
refuses 2 "--bandwidth" fit data.h5 --bandwidth 1e400 -o m.h5
refuses 2 "--dt" timescales walk.h5 --dt 1e400
for seed in 18446744073709551616 1e30 -1 1.5; do refuses 2 "--seed" info data.h5 --seed $seed; done
for option in num-threads=100000 num-threads=513 num-threads=99999999999; do refuses 2 "--kokkos-num-threads" info data.h5 --kokkos-$option; done
if "$kswgd" info data.h5 --json - | grep -q '"backend": "OpenMP"'; then
  for threads in 100000 513 '600, 2'; do
    export OMP_NUM_THREADS=$threads
    refuses 2 "OMP_NUM_THREADS must be an integer from 0 to 512" info data.h5
  done
  export OMP_NUM_THREADS=2,1
  accepts info data.h5
  unset OMP_NUM_THREADS
fi

# Bytes as people write them.
for bytes in 2GB '2 GB' 0.5GiB 512mib 1e9 1000000000; do accepts fit data.h5 --memory "$bytes" --features 12 --modes 2 -o m.h5; done
rm -f m.h5
refuses 2 "--memory allows 1000" fit data.h5 --memory 1kB -o m.h5
for bytes in 2XB GB 2G2B -1GB 1e30GB 0GB; do refuses 2 "--memory" fit data.h5 --memory "$bytes" -o m.h5; done

# Numbers at the edge of what doubles hold: the answer does not depend on the unit, or what to do is said.
awk 'BEGIN { srand(1); for (i = 0; i < 300; ++i) { r = sqrt(-2 * log(1 - rand())); t = 6.2831853 * rand(); print r * cos(t) "," r * sin(t) } }' >g.csv
scaled() { awk -F, -v s="$1" -v o="${2:-0}" '{ printf "%.17g,%.17g\n", $1 * s + o, $2 * s }' g.csv >scaled.csv; }
near() { awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { d = a - b; exit !(a != "" && b != "" && (d < 0 ? -d : d) <= t * b) }'; }
value() { "$kswgd" spectrum "$1" --json - | awk '/"eigenvalues"/ { on = 1; next } on && /[0-9]/ && ++n == 2 { gsub(/[ ,]/, ""); print; exit }'; }
accepts fit g.csv --features 20 --modes 3 -o g.h5
for scale in 1e100 1e-100; do
  scaled $scale
  accepts fit scaled.csv --features 20 --modes 3 -o scaled.h5
  check "eigenvalues go with 1/length^2 at $scale" awk -v a="$(value g.h5)" -v b="$(value scaled.h5)" -v s=$scale 'BEGIN { r = b * s * s / a; exit !(r > 0.999 && r < 1.001) }'
done
scaled 1e200; refuses 2 "too large" fit scaled.csv -o m.h5
refuses 2 "divide them by a power of ten" score scaled.csv --reference scaled.csv
scaled 1e-200; refuses 2 "multiply them by a power of ten" fit scaled.csv -o m.h5
scaled 1 1e15; refuses 2 "subtract an offset" fit scaled.csv -o m.h5
yes 1 | head -n 300 >w.csv
accepts fit g.csv --weights w.csv --features 20 --modes 3 -o ones.h5
for w in 1e308 1e-308 4.9406564584124654e-324; do
  yes $w | head -n 300 >w.csv
  accepts fit g.csv --weights w.csv --features 20 --modes 3 -o w.h5
  check "weights of $w are those of 1" near "$(value w.h5)" "$(value ones.h5)" 1e-9
  accepts sample w.h5 -n 10 -o s.csv
done
for i in $(seq 300); do echo $((i % 2)); done | sed 's/1/1e308/; s/^0$/1e-308/' >w.csv
for i in $(seq 300); do echo $((i % 2)); done >half.csv
accepts fit g.csv --weights w.csv --ordered no --features 20 --modes 3 -o w.h5
check "weights of 1e308 and 1e-308 are those of 1 and 0" grep -q 'note: 150 rows have weight 0' out
accepts fit g.csv --weights half.csv --ordered no --features 20 --modes 3 -o half.h5
check "to the choice of landmarks, which sees the rounding of weights" near "$(value w.h5)" "$(value half.h5)" 0.05
yes 1e308 | head -n 300 >huge.csv
refuses 2 "too large to be added up" fit g.csv --killing huge.csv -o m.h5
refuses 2 "are no finite numbers" expect g.h5 g.csv --observable huge.csv --times 1 -o l.csv
{ cat g.csv; echo 1e300,0; } >far.csv
accepts evaluate g.h5 far.csv -o e.h5 --json e.json
check "points beyond all numbers are counted" grep -q '"not_finite": 1' e.json
accepts fit far.csv --features 20 --modes 3 -o far.h5
check "a row far off is named" grep -q 'row 300, column 0' out
awk 'BEGIN { srand(2); for (i = 0; i < 300; ++i) print 360 * rand() - 180 }' >degrees.csv
accepts fit degrees.csv --manifold periodic:6.2831853 --features 10 --modes 2 -o angle.h5
check "degrees with a period of radians are noticed" grep -q -E 'spans 5[67][.0-9]* periods' out
awk '{ print $1 / 57.29578 }' degrees.csv >radians.csv
accepts fit radians.csv --manifold periodic:360 --features 10 --modes 2 -o angle.h5
check "and the other way round" grep -q 'of its period of 360' out
accepts fit degrees.csv --manifold periodic:360 --features 10 --modes 2 -o angle.h5
check "but not what fits" bash -c '! grep -q "period" out'

# 010 is ten, 1e2 a hundred.
accepts sample model.h5 -n 010 --max-steps 1 -o s.csv
check "010 is ten" test "$(wc -l <s.csv)" = 10
accepts sample model.h5 -n 1e2 --max-steps 1 -o s.csv
check "1e2 is a hundred" test "$(wc -l <s.csv)" = 100
finish
