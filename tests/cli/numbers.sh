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

# 010 is ten, 1e2 a hundred.
accepts sample model.h5 -n 010 --max-steps 1 -o s.csv
check "010 is ten" test "$(wc -l <s.csv)" = 10
accepts sample model.h5 -n 1e2 --max-steps 1 -o s.csv
check "1e2 is a hundred" test "$(wc -l <s.csv)" = 100
finish
