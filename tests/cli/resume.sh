#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# A flow that goes on from a checkpoint gives the bytes of the one that was never interrupted: after any step, in both precisions, on
# manifolds, with weights, with the spectral inverse, and when it was killed.
source "$(dirname "$0")/common.sh"

# resumes MODEL STEPS... -- OPTIONS of sample: interrupts the flow after each number of steps.
resumes() {
  local model=$1 steps=() n; shift
  while [[ $1 != -- ]]; do steps+=("$1"); shift; done
  shift
  accepts sample "$model" -n 150 "$@" -o whole.npy
  for n in "${steps[@]}"; do
    rm -f c.h5 resumed.npy
    accepts sample "$model" -n 150 "$@" --checkpoint c.h5 --every 1 --max-steps "$n" -o part.npy
    accepts sample "$model" "${inverse[@]}" --resume c.h5 -o resumed.npy
    check "$model $* after $n steps" cmp whole.npy resumed.npy
  done
}

inverse=()
accepts simulate quadruple-well --exact --samples 1500 --seed 1 -o data.h5
accepts fit data.h5 --features 50 -o well.h5
for i in $(seq 200); do echo "1.0$((i % 97)),0.9$((i % 89))"; done >start.csv
resumes well.h5 1 4 9 -- --start start.csv
resumes well.h5 1 4 9 -- --start start.csv --precision fp64
inverse=(--inverse spectral --modes 10)
resumes well.h5 1 3 -- --start start.csv "${inverse[@]}"
refuses 2 "make the model with the same inverse" sample well.h5 --resume c.h5 -o other.npy
inverse=()

accepts simulate sphere --exact --samples 1000 --seed 2 -o ball.h5
accepts fit ball.h5 --features 25 --manifold sphere -o ball-model.h5
resumes ball-model.h5 1 3 --
awk 'BEGIN { srand(3); for (i = 0; i < 1000; ++i) print 5 * rand() * rand() "," 3 * rand() }' >angles.csv
accepts fit angles.csv --features 25 --manifold periodic:5,3 -o angles-model.h5
resumes angles-model.h5 2 4 --
resumes angles-model.h5 2 4 -- --precision fp64

# A flow that goes on from where it was told to stop, and from its end.
accepts sample well.h5 -n 150 --seed 3 --checkpoint c.h5 -o whole.npy
accepts sample well.h5 --resume c.h5 -o resumed.npy
check "from the end of a flow" cmp whole.npy resumed.npy

# Killed at any moment, between and within checkpoints.
accepts sample well.h5 -n 20000 --seed 4 -o whole.npy
for after in 1 2 3; do
  rm -f c.h5 resumed.npy
  "$kswgd" sample well.h5 -n 20000 --seed 4 --checkpoint c.h5 --every 1 -o killed.npy >out 2>err &
  pid=$!
  for _ in $(seq 2000); do
    [[ -s c.h5 ]] && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.01
  done
  sleep 0.0$after
  kill -KILL $pid 2>/dev/null
  wait $pid 2>/dev/null
  accepts sample well.h5 --resume c.h5 -o resumed.npy
  check "killed" cmp whole.npy resumed.npy
done

# Clusters 25 deviations apart: a normal start leaves particles between them that feel neither, and the flow begins again around the training points. What is
# interrupted on the way there ends alike; and a start that was asked for is kept.
awk 'BEGIN { srand(4); for (i = 0; i < 1200; ++i) { r = sqrt(-2 * log(1 - rand())); a = 6.283185307179586 * rand()
  printf "%.9f,%.9f\n", r * cos(a) + 25 * (i % 2), r * sin(a) + 25 * (i % 2) } }' >apart.csv
accepts fit apart.csv -o apart.h5
accepts sample apart.h5 -n 1000 -o whole.npy --json again.json
check "it begins again" grep -q '"begun_again": true' again.json
accepts sample apart.h5 -n 1000 --checkpoint c.h5 --every 1 --max-steps 5 -o part.npy
accepts sample apart.h5 --resume c.h5 -o resumed.npy
check "interrupted before" cmp whole.npy resumed.npy
accepts sample apart.h5 -n 1000 --checkpoint c.h5 --every 1000 -o part.npy
accepts sample apart.h5 --resume c.h5 -o resumed.npy
check "interrupted after" cmp whole.npy resumed.npy
accepts sample apart.h5 -n 1000 --start normal -o normal.npy --json normal.json
check "a normal start that was asked for is kept" grep -q '"begun_again": false' normal.json
check "and is doubted" grep -q '"verdict": "doubtful"' normal.json
ratio() { grep -o '"chi2_ratio": [0-9.e+-]*' "$1" | cut -d' ' -f2; }
check "from the data chi2 falls ten times as far: $(ratio again.json), $(ratio normal.json)" awk -v a="$(ratio again.json)" -v b="$(ratio normal.json)" 'BEGIN { exit !(a < b / 10) }'

# The particles of a checkpoint are points like others, and another model's are refused.
accepts sample well.h5 -n 150 --start c.h5:particles -o from.npy
accepts fit data.h5 --features 25 -o coarse.h5
refuses 2 "is a checkpoint of a flow by another model" sample coarse.h5 --resume c.h5 -o other.npy
finish
