#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The benchmark from outside, in its smallest size: what the JSON holds. No time is asserted.
source "$(dirname "$0")/common.sh"

accepts bench --quick --json bench.json
for key in machine ceilings kernels dgemm_flops sgemm_flops copy_bytes exp_fp64 exp_fp32 fma_fp64 fma_fp32 name n features dimension precision seconds \
           seconds_quartiles limited_by fraction_of_limit; do
  check "bench.json has $key" grep -q "\"$key\":" bench.json
done
check "no rate is zero or missing" bash -c '! grep -qE "\"(dgemm_flops|copy_bytes|exp_fp64|fma_fp32|seconds|fraction_of_limit)\": *(0(\.0)?|null),?$" bench.json'
check "kernels are named by room" bash -c '! grep -o "\"name\": *\"[^\"]*\"" bench.json | grep -vqE "\"(moments|flow)/"'
check "fp64 and mixed are measured" bash -c 'grep -q "\"fp64\"" bench.json && grep -q "\"mixed\"" bench.json'
accepts bench --quick --points 300 --features 70 --dimension 6 --rounds 1 --json -
check "one size alone is measured where one is given" bash -c '[[ $(grep "\"n\":" out | sort -u | wc -l) == 1 ]]'
refuses 2 'rounds' bench --rounds 0
refuses 2 'features' bench --quick --features 40000
finish
