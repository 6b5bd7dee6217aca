#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Every command, once: files, JSON, seeds.
source "$(dirname "$0")/common.sh"

accepts --help
accepts --version
check "--version names the program" grep -q '^kswgd [0-9]' out
accepts -V
check "-V is --version" grep -q '^kswgd [0-9]' out
accepts help
check "help lists the commands" grep -q '^  chapman-kolmogorov ' out
for command in simulate fit spectrum evaluate sample score plot info; do
  accepts "$command" --help
  check "$command --help lists --json" grep -q -- --json out
  cp out flag
  accepts help "$command"
  check "help $command is $command --help" diff <(sed '/^$/d' flag) <(sed '/^$/d' out)
done
refuses 2 "there is no command 'nothing'" help nothing
refuses 2 "did you mean 'sample'" smaple
refuses 2 "did you mean '--features'" fit nothing.h5 -o m.h5 --faetures 3
refuses 2 "see: kswgd fit --help" fit nothing.h5 -o m.h5 --xyzzy
check "no word is offered for what resembles none" bash -c '! grep -q "did you mean" err'

accepts help --man
cp out kswgd.1
check "the manual page has every command" test "$(grep -c '^\.SS ' kswgd.1)" = "$("$kswgd" help | grep -cE '^  [a-z-]+  +[a-z]')"
if command -v groff >/dev/null; then check "groff has no complaint" test -z "$(groff -man -Tutf8 -ww -z kswgd.1 2>&1)"; fi
accepts help --completion bash
cp out completion.bash
# completed WORDS...: what bash would offer for the last of them.
completed() { bash -c 'source completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kswgd; echo "${COMPREPLY[@]}"' complete kswgd "$@"; }
check "bash completes commands" test "$(completed spec)" = spectrum
check "bash completes options" test "$(completed fit --feat)" = --features
check "bash completes words" test "$(completed fit --coordinates st)" = standard
check "bash completes files" test "$(completed fit completion.b)" = completion.bash
for shell in zsh fish; do
  accepts help --completion $shell
  if command -v $shell >/dev/null; then check "$shell reads it" $shell -n out; fi
done

for system in quadruple-well double-well mueller-brown ornstein-uhlenbeck; do
  accepts simulate $system --samples 200 --dt 0.1 --trajectories 2 --burn-in 5 -o $system.h5
  accepts simulate $system --samples 200 --exact -o $system-exact.csv
done
accepts simulate quadruple-well --exact --samples 3000 --seed 1 -o data.h5 --json made.json
check "the JSON of simulate holds the seed" grep -q '"seed": 1' made.json
accepts simulate quadruple-well --exact --samples 3000 --seed 1 -o again.h5 --quiet
check "--quiet prints nothing" test ! -s out
accepts simulate quadruple-well --exact --samples 20000 --seed 2 -o reference.h5

accepts fit data.h5 -o model.h5 --json fit.json
for field in features modes samples seconds peak_bytes; do check "fit's JSON has $field" grep -q "\"$field\"" fit.json; done
accepts fit data.h5 -o model2.h5 --features 50 --modes 4 --bandwidth 0.5 --stride 2 --hold-out 100
accepts fit data.h5 --dry-run -o nothing.h5
check "--dry-run writes nothing" test ! -e nothing.h5
accepts spectrum model.h5 --json -
for field in eigenvalues residuals timescales; do check "spectrum's JSON has $field" grep -q "\"$field\"" out; done
check "--json - prints only JSON" test "$(head -c 1 out)" = '{'

accepts sample model.h5 -n 500 -o samples.h5 --json sample.json
for field in steps evaluations stop_reason energy chi2 time seconds; do check "sample's JSON has $field" grep -q "\"$field\"" sample.json; done
for start in data normal data.h5 data.h5:/samples; do accepts sample model.h5 -n 100 --start $start -o s.csv; done
accepts sample model.h5 -n 100 --inverse spectral --modes 10 --precision fp64 --max-steps 5 -o s.npy
accepts sample model.h5 -n 200 --precision fp64 --checkpoint c.h5 --every 3 -o whole.csv # float would show the last bit of a restart
accepts sample model.h5 --precision fp64 --resume c.h5 -o resumed.csv
paste -d, whole.csv resumed.csv | awk -F, '{ d = ($1 - $3) ^ 2 + ($2 - $4) ^ 2; if (d > most) most = d } END { exit !(most < 1e-12) }'
check "a resumed flow ends where the whole one does" test $? = 0

accepts score samples.h5 --reference reference.h5 --training data.h5 --json score.json
for field in sliced_wasserstein mmd energy_distance value floor floor_std n; do check "score's JSON has $field" grep -q "\"$field\"" score.json; done
accepts evaluate model.h5 data.h5 -o eigenfunctions.h5 --modes 3
accepts info eigenfunctions.h5
check "evaluate writes eigenfunctions, the constant first" grep -q '/eigenfunctions  3000 x 4' out
check "evaluate writes gradients" grep -q '/gradients  3000 x 4 x 2' out
check "evaluate writes the log density" grep -q '/log_density  3000' out
check "evaluate writes the score and its error" grep -q '/score_error  3000 x 2' out
accepts free-energy model.h5 -o free.csv --bins 30 --picture free.png
check "a free energy is 0 at its lowest" awk -F, 'NR > 1 && $3 < 0 { bad = 1 } NR > 1 && $3 == 0 { zero = 1 } END { exit bad || !zero }' free.csv
accepts free-energy model.h5 --along c1 -o free.csv
refuses 2 "is no column" free-energy model.h5 --along c7 -o free.csv
accepts simulate learned:model.h5 --samples 50 --dt 0.1 -o learned.h5
refuses 2 "takes a --temperature" simulate learned:model.h5 --radius 2 -o learned.h5
accepts sample model.h5 -n 100 --given c0=1 -o given.csv --json given.json
check "a given column has its value" awk -F, '!/[a-z]/ && $1 != 1 { bad = 1 } END { exit bad }' given.csv
printf 'c1\n-1\n1\n' >conditions.csv
accepts sample model.h5 -n 50 --given conditions.csv -o given.csv
check "draws of one condition follow those of the other" test "$(grep -c . given.csv)" -ge 100
refuses 2 "there is no column 'x'" sample model.h5 -n 10 --given x=1 -o given.csv
refuses 2 "beyond all data" sample model.h5 -n 10 --given c0=100 -o given.csv
awk 'BEGIN { print "a,b,a"; for (i = 0; i < 300; ++i) print sin(i) "," cos(2 * i) "," sin(3 * i * i) }' > twice.csv
accepts fit twice.csv --features 25 -o twice.h5
refuses 2 "several columns are named 'a'" sample twice.h5 -n 10 --given a=0 -o given.csv
accepts sample twice.h5 -n 10 --given c2=0 -o given.csv
refuses 2 "--polish is for samples without conditions" sample model.h5 -n 10 --given c0=1 --polish 5 -o given.csv
refuses 2 "--decimals is for samples without conditions" sample model.h5 -n 10 --given c0=1 --decimals data -o given.csv
refuses 2 "--modes is the number of eigenpairs of --inverse spectral" sample model.h5 -n 10 --modes 3 -o s.csv
accepts sample model.h5 -n 200 --polish 5 -o s.csv --json polish.json
check "a polish is in the JSON" grep -q '"neighbour_ratio"' polish.json
refuses 2 "polish" sample model.h5 -n 10 --polish soon -o s.csv
accepts info model.h5
accepts info quadruple-well.h5
check "trajectories carry their dt" grep -q '/trajectories/0  200 x 2  dt=0.1' out
accepts info samples.h5
for attribute in seed version git backend command stop_reason; do check "samples carry $attribute" grep -q "^$attribute:" out; done
check "samples carry the history" grep -q '/history/energy' out

accepts fit data.h5 -o map.h5 --estimator diffusion-map --stride 2 --modes 12 --json map.json
check "a diffusion map says so" grep -q '"estimator": "diffusion-map"' map.json
accepts spectrum map.h5
accepts sample map.h5 -n 100 -o s.h5
accepts evaluate map.h5 data.h5 -o map-functions.h5 --modes 2
accepts fit data.h5 --estimator diffusion-map --dry-run -o nothing.h5
refuses 2 "the estimator diffusion-map has no dictionary" fit data.h5 --estimator diffusion-map --features 20 -o no.h5
refuses 2 "needs at least 1 of --modes" fit data.h5 --estimator diffusion-map --modes 0 -o no.h5

accepts fit quadruple-well.h5 --lag 1 -o edmd.h5 --features 12 --json edmd.json
check "a lag means edmd" grep -q '"estimator": "edmd"' edmd.json
accepts spectrum edmd.h5
accepts sample edmd.h5 -n 100 -o s.h5

# The same seed gives the same bytes of numbers.
accepts sample model.h5 -n 100 --seed 3 -o a.csv
accepts sample model.h5 -n 100 --seed 3 -o b.csv
accepts sample model.h5 -n 100 --seed 4 -o c.csv
check "one seed, one result" cmp -s a.csv b.csv
check "another seed, another result" bash -c '! cmp -s a.csv c.csv'

if command -v gnuplot >/dev/null; then
  accepts plot data.h5 samples.h5 model.h5 -o picture.png --title data --title new --title spectrum
  check "the picture is a PNG" test "$(head -c 4 picture.png | tail -c 3)" = PNG
  accepts plot ornstein-uhlenbeck.h5 -o line.png
  accepts plot data.h5 model.h5 -o picture.pdf --size 960x480
  check "the picture is a PDF of 10 by 5 inches" bash -c 'head -c 5 picture.pdf | grep -q %PDF- && grep -a -q "MediaBox *\[ *0 0 720 360" picture.pdf'
  accepts plot model.h5 -o picture.svg
  check "the picture is an SVG" bash -c 'tail -n 3 picture.svg | grep -q "</svg>"'
  accepts simulate double-well --samples 3000 --dt 0.05 --temperature 0.5 -o wells.h5
  accepts timescales wells.h5 --lags 1,2,4 --modes 2 --bootstrap 10 --json scales.json
  accepts chapman-kolmogorov wells.h5 --lag 2 --multiples 3 --modes 2 --json check.json
  accepts plot scales.json check.json -o kinetics.svg --title "time scales" --title check
  check "a mode of the check is a panel" bash -c 'grep -q "check, mode 2" kinetics.svg && grep -q "implied time scale" kinetics.svg'
  echo '{"lags": [1, 2], "timescales": [[1], [1, 2]], "low": [], "high": []}' >ragged.json
  echo '{"lags": [' >half.json
  for file in ragged half; do refuses 2 "holds no results of timescales" plot "$file.json" -o x.png; done
  refuses 2 "--size must be WIDTHxHEIGHT" plot model.h5 -o x.png --size 5x5
  # Numbers by colour: an eigenfunction each, and a committor from 0 to 1.
  accepts plot data.h5 --colour model.h5 --modes 2 --names "x [nm]" "y [nm]" -o colour.svg --json colour.json
  check "an eigenfunction is a panel" grep -q '"panels": 2' colour.json
  check "they have their names and units" bash -c 'for text in "eigenfunction 1" "eigenfunction 2" "x \[nm\]" "y \[nm\]"; do grep -q "$text" colour.svg || exit 1; done'
  accepts evaluate model.h5 data.h5 -o functions.h5 --modes 2
  accepts plot data.h5 --colour functions.h5:/eigenfunctions -o same.svg --json colour.json
  check "the constant is left out" grep -q '"panels": 2' colour.json
  check "a model's eigenfunctions are those of evaluate" diff <(grep -c '<use' colour.svg) <(grep -c '<use' same.svg)
  accepts committor model.h5 data.h5 --from=-1,-1:.3 --to=1,1:.3 -o q.npy
  accepts plot data.h5 --columns c1,c0 --colour q.npy --title committor -o committor.svg
  check "a colour bar of its name" test "$(grep -c '>committor' committor.svg)" = 2
  accepts plot --pairs data.h5 samples.h5 -o pairs.svg --json pairs.json
  check "two columns are four places" grep -q '"panels": 4' pairs.json
  check "with a legend and densities" bash -c 'grep -q "data.h5 (n = 3000)" pairs.svg && test "$(grep -c ">density<" pairs.svg)" = 2'
  accepts plot --pairs data.h5 --columns c1 -o line.png
  seq 100 | awk '{ print $1 "," 50 + $1 / 100 ",7" }' >apart.csv
  accepts plot --pairs apart.csv -o apart.svg
  check "columns that lie apart have axes of their own" bash -c 'for tic in 80 50.6 7.5; do grep -q "> $tic<" apart.svg || exit 1; done'
  accepts bench --quick --points 500 --features 50 --rounds 1 --json bench.json
  accepts plot bench.json -o bench.svg
  check "each kernel is a bar" bash -c 'test "$(grep -c "flow/descent" bench.svg)" = 2 && grep -q "of the limit" bench.svg'
  accepts free-energy model.h5 -o energy.npy --bins 20 --picture energy.svg
  check "a free energy has axes and a colour bar" bash -c 'for text in c0 c1 "free energy \[kT\]"; do grep -q "$text" energy.svg || exit 1; done'
  echo '{"kernels": [{"name": "flow"}]}' >half.json
  refuses 2 "holds no results of timescales" plot half.json -o x.png
  printf 'a,far\n0,1e200\n1,2\n' >far.csv
  refuses 2 "column 'far' of 'far.csv' holds 1e+200" plot far.csv -o x.png
  refuses 2 "has no column 'c2'" plot data.h5 --columns c2 -o x.png
  refuses 2 "the points are 3000" plot data.h5 --colour samples.h5 -o x.png
  refuses 2 "--colour is for one file" plot data.h5 samples.h5 --colour q.npy -o x.png
  refuses 2 "one of --names for each column" plot data.h5 --names x -o x.png
  refuses 2 "--pairs and --colour" plot data.h5 --pairs --colour q.npy -o x.png
  refuses 2 "--pairs takes one file, or two" plot data.h5 data.h5 data.h5 --pairs -o x.png
else
  refuses 1 "gnuplot was not found" plot data.h5 -o picture.png
fi
finish
