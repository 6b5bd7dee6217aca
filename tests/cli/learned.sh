#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Learned features from outside: a network is trained, stands beside the Gaussians or alone, and is held by models.
source "$(dirname "$0")/common.sh"

# number FILE KEY: the first number behind "KEY": of a JSON text.
number() { grep -o "\"$2\": [-0-9.e+]*" "$1" | head -n 1 | sed 's/.*: //'; }
# near NUMBER EXPECTED SHARE
# shellcheck disable=SC2317  # check calls it
near() { awk -v a="$1" -v b="$2" -v s="$3" 'BEGIN { d = a - b; exit !((d < 0 ? -d : d) <= s * b) }'; }
second() { tr -d ' \n' <"$1" | grep -o '"eigenvalues":\[[^]]*' | cut -d, -f2; }

accepts simulate quadruple-well --exact --samples 4000 --seed 1 -o data.h5
small=(--modes 3 --outputs 8 --width 24 --steps 200 --batch 400 --rate 0.01 --seed 2)
accepts train data.h5 -o network.h5 "${small[@]}" --json train.json
# .74868, .74868 and 1.49736; 800 rows validate.
check "the held-out sum is near the exact one" near "$(number train.json held_out)" 2.99472 0.2
check "two linear features have no three modes" grep -q '"linear": null' train.json
accepts train data.h5 -o again.h5 "${small[@]}" --json again.json
check "a seed gives the same network" [ "$(number train.json held_out)" = "$(number again.json held_out)" ]
accepts info network.h5

accepts fit data.h5 -o alone.h5 --dictionary perceptron:network.h5 --modes 3 --json alone.json
check "alone: the constant and 8 outputs" [ "$(number alone.json features)" = 9 ]
accepts spectrum alone.h5 --json alone-spectrum.json
check "alone: lambda_1" near "$(second alone-spectrum.json)" 0.74868 0.1
accepts fit data.h5 -o joined.h5 --dictionary gaussian+perceptron:network.h5 --features 100 --modes 4 --json joined.json
accepts fit data.h5 -o plain.h5 --features 100 --modes 4 --json plain.json
check "joined: 8 features more" [ "$(number joined.json features)" = $(($(number plain.json features) + 8)) ]
accepts spectrum joined.h5 --json joined-spectrum.json
check "joined: lambda_1" near "$(second joined-spectrum.json)" 0.74868 0.1
accepts sample joined.h5 -n 500 -o samples.h5 --json sample.json
accepts evaluate joined.h5 data.h5 -o evaluation.h5
accepts simulate quadruple-well --exact --samples 20000 --seed 9 -o fresh.h5
accepts score samples.h5 --reference fresh.h5 --json score.json
distance=$(grep -o '"sliced_wasserstein": {[^}]*}' <(tr -d '\n' <score.json) | head -n 1)
check "samples are at the floor: $distance" awk -v v="$(grep -o '"value": [0-9.e-]*' <<<"$distance" | cut -d' ' -f2)" \
  -v f="$(grep -o '"floor": [0-9.e-]*' <<<"$distance" | cut -d' ' -f2)" 'BEGIN { exit !(v > 0 && v < 1.5 * f) }'

# What is refused.
refuses 2 "leave out --coordinates" fit data.h5 -o no.h5 --dictionary gaussian+perceptron:network.h5 --coordinates normal
refuses 2 "modes must be from 1 to 4, got 5" train data.h5 -o no.h5 --outputs 2 --modes 5
refuses 2 "written as HDF5" train data.h5 -o no.npy
refuses 2 "rate" train data.h5 -o no.h5 --rate 0
refuses 2 "is it a network" fit data.h5 -o no.h5 --dictionary gaussian+perceptron:data.h5
finish
