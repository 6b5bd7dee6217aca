#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Time scales, Koopman pairs, weights, killing, committor: from files to JSON.
source "$(dirname "$0")/common.sh"

# first_number KEY LOW HIGH FILE: the first number of an array in a JSON file lies between two bounds.
first_number() {
  awk -v key="\"$1\":" -v low="$2" -v high="$3" 'index($0, key) { on = 1; next }
    on && /[0-9]/ { gsub(/[ ,]/, ""); exit !($0 + 0 >= low && $0 + 0 <= high) } END { if (!on) exit 1 }' "$4"
}

accepts simulate ornstein-uhlenbeck --samples 1500 --dt 0.1 --trajectories 6 --burn-in 30 --seed 1 -o t.h5
accepts timescales t.h5 --lags 1,2,5 --bootstrap 40 --features 25 --modes 2 --json times.json
for field in lags timescales low high unit; do check "timescales' JSON has $field" grep -q "\"$field\"" times.json; done
# 900 units of time: the time scale 1 is known to 5 %.
check "the slowest time scale is 1, in units of time" first_number timescales 0.8 1.2 times.json
accepts simulate ornstein-uhlenbeck --samples 1500 --dt 0.1 --seed 2 --exact -o plain.csv
accepts timescales plain.csv --lags 1 --features 12 --modes 1 --json steps.json
check "without dt the unit is the step" grep -q '"unit": "steps"' steps.json
accepts timescales plain.csv,plain.csv --dt 0.5 --lags 1 --features 12 --modes 1 --json two.json
check "--dt gives a unit of time" grep -q '"unit": "time"' two.json
accepts chapman-kolmogorov t.h5 --lag 2 --multiples 3 --bootstrap 20 --features 12 --modes 2 --json ck.json
for field in predicted estimated low high; do check "chapman-kolmogorov's JSON has $field" grep -q "\"$field\"" ck.json; done
accepts koopman t.h5 --lag 2 --modes 2 --features 12 --json koopman.json
check "koopman's JSON has complex rates" grep -q '"rates"' koopman.json
accepts vamp t.h5 --lag 2 --modes 2 --features 25 --folds 3 --json vamp.json
check "vamp's JSON has a cross-validated score" grep -q '"cross_validated"' vamp.json
accepts reweight t.h5 --lag 3 --features 25 -o weights.npy
accepts fit t.h5 --reweight equilibrium --lag 3 --features 25 -o reweighted.h5 --json reweighted.json
check "reweighting means the generator" grep -q '"estimator": "generator"' reweighted.json
accepts fit t.h5 --diffusion isotropic --features 25 -o diffusion.h5
accepts spectrum diffusion.h5 --json diffusion.json
accepts fit t.h5 --diffusion full --features 12 -o full.h5 --json fitted.json
for field in diffusion matrix error lag_in_steps; do check "fit's JSON has $field" grep -q "\"$field\"" fitted.json; done
accepts rates diffusion.h5 t.h5 --from=box:..-1 --to=box:1.. --json rates.json
for field in rate low high unit mean_first_passage_time backward flux from_a; do check "rates' JSON has $field" grep -q "\"$field\"" rates.json; done
check "rates of trajectories are per time" grep -q '"unit": "1/time"' rates.json
accepts fit t.h5 --lag 2 --features 25 -o edmd.h5
accepts rates edmd.h5 t.h5 --from=box:..-1 --to=1.5:0.5
# Frames whose file says nothing of time: their dt is that of the fit.
awk 'BEGIN { srand(1); for (i = 0; i < 3000; ++i) { print x + 0; x = .9 * x + .44 * sqrt(-2 * log(1 - rand())) * cos(6.2831853 * rand()) } }' > frames.csv
accepts fit frames.csv --lag 10 --dt 0.1 --features 25 -o said.h5
accepts rates said.h5 frames.csv --dt 0.1 --from=box:..-1 --to=box:1.. --json said.json
accepts rates said.h5 frames.csv --from=box:..-1 --to=box:1.. --json unsaid.json
check "rates know the dt of the fit" cmp <(grep '"rate' said.json) <(grep '"rate' unsaid.json)
check "and their unit" grep -q '"unit": "1/time"' unsaid.json
refuses 2 "fitted to these rows 0.1 apart, and now they are said to be 0.2 apart" rates said.h5 frames.csv --dt 0.2 --from=box:..-1 --to=box:1..
accepts states edmd.h5 t.h5 --states 2 -o memberships.h5 --json states.json
for field in populations lifetimes rates crispness; do check "states' JSON has $field" grep -q "\"$field\"" states.json; done
accepts committor edmd.h5 t.h5 --from=state:1 --to=state:2:0.95 --states 2 -o q.npy
accepts states edmd.h5 t.h5 --states 2 -o memberships.csv

# Values at the points, in a file of their own: c = 2 x^2 has the ground eigenvalue 1.
accepts simulate ornstein-uhlenbeck --exact --samples 5000 --seed 3 -o x.csv
awk '{ print 2 * $1 * $1 }' x.csv > c.csv
awk '{ print -$1 / 2 }' x.csv > w.csv
accepts fit x.csv --killing c.csv --features 25 --modes 8 -o killed.h5
accepts spectrum killed.h5 --json killed.json
check "the ground eigenvalue is 1" first_number eigenvalues 0.95 1.05 killed.json
accepts survival killed.h5 --times 0,1,2 --json survival.json
check "all are alive at first" first_number survival 0.95 1.01 survival.json
accepts survival killed.h5 --times 0.5,1 --points x.csv -o alive.csv
accepts fit x.csv --killing c.csv --conditioned --features 25 -o conditioned.h5
accepts fit x.csv --tilt w.csv --features 25 -o tilted.h5
accepts fit x.csv --features 25 -o model.h5
accepts spectrum model.h5 --data x.csv --bootstrap 50 --json intervals.json
for field in low high; do check "spectrum's JSON has $field" grep -q "\"$field\"" intervals.json; done
accepts committor model.h5 x.csv --from=-2:1 --to=2:1 -o q.csv --json q.json
for field in rate rate_error low high; do check "committor's JSON has $field" grep -q "\"$field\"" q.json; done
awk '{ print $1 < -1 }' x.csv > low.csv
accepts rates model.h5 x.csv --from=mask:low.csv --to=2:1 --json masked.json
check "rates of unit diffusion are in 1/length^2" grep -q '"unit": "1/length^2"' masked.json
accepts expect model.h5 x.csv --observable c.csv --times 0.5,1 -o later.csv

awk 'BEGIN { for (i = 0; i < 200; ++i) print sin(i) }' > one.csv
awk 'BEGIN { for (i = 0; i < 200; ++i) print 20 + sin(i) }' > other.csv
refuses 2 "do not connect 2 regions" reweight one.csv,other.csv --lag 2 -o no.npy
accepts koopman one.csv,other.csv --lag 1 --features 6 --json apart.json
check "koopman's notes name regions that nothing joins" grep -q "do not connect" apart.json

refuses 2 "c.csv' has 5000 numbers for 9000 points" fit t.h5 --killing c.csv -o no.h5
refuses 2 "--lag is that of pairs" fit t.h5 --estimator generator --lag 5 -o no.h5
refuses 2 "--conditioned needs a --killing rate" fit x.csv --conditioned -o no.h5
refuses 2 "are for the estimator generator" fit t.h5 --lag 1 --killing c.csv -o no.h5
refuses 2 "was not fitted with --killing" survival model.h5 --times 1
refuses 2 "a set of points with 1 coordinates" committor model.h5 x.csv --from=-2,1:1 --to=2:1 -o no.csv
refuses 2 "no point of the data is in B" committor model.h5 x.csv --from=-2:1 --to=200:1 -o no.csv
refuses 2 "must hold 0 and 1 alone" rates model.h5 x.csv --from=mask:w.csv --to=2:1
refuses 2 "a set is written box:" rates model.h5 x.csv --from=box:1 --to=2:1
refuses 2 "there are the states 1 to 2" rates edmd.h5 t.h5 --from=state:3 --to=state:1 --states 2
refuses 2 "does not level off" fit t.h5 --stride 20 --diffusion isotropic -o no.h5
refuses 2 "no trajectory is longer than the lag" timescales t.h5 --lags 1500
finish
