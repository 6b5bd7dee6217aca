#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The program at the edges of its world: Kokkos' options, devices and pipes as outputs, a full disk, signals, no gnuplot.
source "$(dirname "$0")/common.sh"

accepts simulate quadruple-well --exact --samples 3000 --seed 1 -o data.h5
accepts fit data.h5 -o model.h5 --features 50 --modes 4

# Kokkos ends the process for most of these; we refuse them before.
for option in num-threads=abc num-threads num-threads=0 num-threads=-3 num-threads=1000000 num-threads=2x disable-warnings=maybe map-device-id-by=x foo=1; do
  refuses 2 "--kokkos-" info data.h5 --kokkos-$option
done
accepts info data.h5 --kokkos-num-threads=1 --kokkos-disable-warnings
accepts info --kokkos-num-threads=1 data.h5
export KOKKOS_NUM_THREADS=many
refuses 2 "KOKKOS_NUM_THREADS must be an integer" info data.h5
unset KOKKOS_NUM_THREADS

refuses 2 "there is no command 'reproduces'" reproduces
refuses 2 "--start" sample model.h5 -n 10 -o s.h5 --start
for value in -1 1.5 abc; do refuses 2 "--seed" simulate quadruple-well --exact -o x.h5 --seed $value; done

# JSON: to a file, to stdout, to a device that stays what it is.
accepts info data.h5 --json info.json
accepts info data.h5 --json /dev/null
check "/dev/null is still a device" test -c /dev/null
"$kswgd" info data.h5 --quiet --json /dev/stdout | grep -q '"kind"'
check "--json /dev/stdout writes there" test $? = 0
refuses 2 "cannot write '/nowhere/x.json'" info data.h5 --json /nowhere/x.json
refuses 2 "it is a folder" info data.h5 --json .
if [[ -c /dev/full ]]; then
  "$kswgd" spectrum model.h5 --json - >/dev/full 2>err
  check "a full stdout is a failure" test $? = 1
  check "a full stdout is named" grep -q '^kswgd: error: ' err
fi
accepts simulate quadruple-well --exact --samples 50 --seed 18446744073709551615 -o seed.h5
accepts info seed.h5
check "seeds keep all their bits" grep -q 'seed: 18446744073709551615' out

# Outputs: what stands there stays when the work fails, a link is followed, odd names are taken.
cp data.h5 kept.h5
refuses 2 "is not a model" sample data.h5 -n 10 -o kept.h5
check "the earlier file is still there" cmp -s data.h5 kept.h5
mkdir elsewhere && ln -s elsewhere/real.h5 link.h5
accepts sample model.h5 -n 50 -o link.h5
check "a link is followed" test -L link.h5 -a -f elsewhere/real.h5
accepts sample model.h5 -n 50 -o "it's a \"name\".h5"
refuses 2 "name the file .h5" simulate quadruple-well -o walk.csv
accepts evaluate model.h5 data.h5 -o e.npy --modes 2
for part in eigenfunctions gradients log_density log_density_error score score_error; do check "evaluate writes e_$part.npy" test -s "e_$part.npy"; done
refuses 2 "is both input and output" evaluate model.h5 e_score.npy -o e.npy
refuses 2 "the extension must be" simulate quadruple-well --exact -o x
mkdir folder.h5
refuses 2 "it is a folder" sample model.h5 -n 10 -o folder.h5
if ((EUID != 0)); then
  mkdir locked && chmod a-w locked
  refuses 2 "cannot be written to" sample model.h5 -n 10 -o locked/s.h5
fi

# A command's inputs are not overwritten.
refuses 2 "is both input and output" fit data.h5 -o data.h5
refuses 2 "is both input and output" sample model.h5 -n 10 -o model.h5
refuses 2 "is named for two outputs" sample model.h5 -n 10 -o new.csv --json new.csv
refuses 2 "is both input and output" plot data.h5 -o ./data.h5
refuses 2 "is both input and output" evaluate model.h5 data.h5 -o data.h5
refuses 2 "must be a positive number, got '0'" sample model.h5 -n 0 -o s.h5
refuses 2 "must be 0 or a positive number, got '-1'" fit data.h5 -o m.h5 --modes -1

# Starts from the data take no point twice while there are others; a name with a colon is a file's.
accepts sample model.h5 -n 2000 -o starts.csv --start data --max-steps 1
check "2000 different points of 3000" test "$(sort -u starts.csv | wc -l)" = 2000
cp starts.csv 'a:b.csv'
accepts sample model.h5 -n 100 -o s.h5 --start a:b.csv

# One sample is a draw, and not the place where one particle would come to rest: 12 seeds reach 3 of the 4 wells at least.
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
  accepts sample model.h5 -n 1 --seed $seed -o one.csv --json one.json
  check "one sample is one row" test "$(wc -l <one.csv)" = 1
  check "one sample is good" grep -q '"verdict": "good"' one.json
  cat one.csv >>ones.csv
done
check "single samples are different" test "$(sort -u ones.csv | wc -l)" = 12
check "single samples reach several wells" test "$(awk -F, '{print ($1 > 0) ($2 > 0)}' ones.csv | sort -u | wc -l)" -ge 3

# Samples say what they are worth.
accepts sample model.h5 -n 500 -o s.h5 --max-steps 1
check "a flow that was cut short is doubtful" grep -q '^doubtful: ' out
check "the verdict says so" grep -q '^verdict: doubtful' out
accepts sample model.h5 -n 500 -o s.h5
check "one that came to its end is not" test "$(grep -c '^doubtful: ' out)" = 0

# Checkpoints: one at the end, of this model, with its seed.
accepts sample model.h5 -n 200 --seed 5 -o part.h5 --max-steps 3 --checkpoint state.h5 --every 100
check "the end of a run is a checkpoint" test -s state.h5
accepts sample model.h5 --resume state.h5 -o rest.h5
accepts info rest.h5
check "the seed is the first run's" grep -q 'seed: 5' out
refuses 2 "is of a flow to 200 samples" sample model.h5 --resume state.h5 -n 100 -o rest.h5
accepts fit data.h5 -o other.h5 --features 25 --modes 4
refuses 2 "is a checkpoint of a flow by another model" sample other.h5 --resume state.h5 -o rest.h5

# A disk that fills up: one line, status 1, nothing left.
(
  failures=0
  ulimit -f 20 # kilobytes
  trap '' XFSZ
  refuses 1 "cannot write 'large.h5'" simulate quadruple-well --exact --samples 20000 -o large.h5
  refuses 1 "cannot write 'large.npy'" simulate quadruple-well --exact --samples 20000 -o large.npy
  refuses 1 "cannot write 'm.h5'" fit data.h5 -o m.h5 --features 50 --quiet
  exit $failures
)
check "a full disk is a failure" test $? = 0

# An address space that is too small for OpenBLAS, which would wait for ever: said before; and one that is not.
for kilobytes in 250000 300000 350000 400000 450000; do
  (
    ulimit -v $kilobytes
    export OMP_NUM_THREADS=2
    timeout -s KILL 100 "$kswgd" spectrum model.h5 >out 2>err
    status=$?
    ((status == 0)) || { ((status == 2)) && [[ $(grep -c '' err) == 1 ]] && grep -q '^kswgd: error: the address space is limited' err; }
  )
  check "an address space of $kilobytes kB is enough, or is said to be none" test $? = 0
done
(
  ulimit -v 1200000
  OMP_NUM_THREADS=2 accepts fit data.h5 -o narrow.h5 --features 50 --modes 4
  exit $failures
)
check "1.2 GB are enough for two threads" test $? = 0

# Ended from outside: no unfinished file stays.
for signal in INT TERM; do
  # A shell starts what runs in the background with SIGINT ignored; env puts it back.
  env --default-signal="$signal" "$kswgd" simulate quadruple-well --samples 10 --burn-in 1000000000 -o long.h5 >out 2>err &
  sleep 0.3
  kill -$signal $!
  wait $! 2>/dev/null
  check "SIG$signal ends it" test $? -gt 128
  check "SIG$signal leaves nothing" test -z "$(ls -A | grep -E 'long|unfinished')"
done

if command -v gnuplot >/dev/null; then
  accepts plot data.h5 model.h5 -o "it's.png" --title "points \"here\"" --title 'a $(model)'
  check "a picture is a PNG" test "$(head -c 4 "it's.png" | tail -c 3)" = PNG
  printf '1,1\n1,1\n' >same.csv
  accepts plot same.csv -o same.png
  seq 10 >line.csv
  accepts plot line.csv -o line.png
  refuses 2 "different dimensions" plot data.h5 line.csv -o x.png
fi
real=$kswgd
mkdir empty
kswgd_without_path() { PATH=$work/empty "$real" "$@"; }
kswgd=kswgd_without_path
refuses 1 "gnuplot was not found" plot data.h5 -o x.png
kswgd=$real
finish
