#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# No output is an input: each pair of options that name files, of each command, is handed one file, under its own name and others. And
# what a command writes appears when it has ended well, or not at all.
source "$(dirname "$0")/common.sh"

accepts simulate quadruple-well --exact --samples 400 --seed 1 -o data.h5
accepts fit data.h5 -o model.h5 --features 25 --modes 4
accepts sample model.h5 -n 50 -o samples.h5 --max-steps 2 --checkpoint state.h5

# What each command needs beside the pair; a word NAME= stands for the value of an option or argument, which the pair may replace.
declare -A base=(
  [simulate]="SYSTEM=quadruple-well --output=new.h5" [fit]="DATA=data.h5 --output=new.h5" [spectrum]="MODEL=model.h5"
  [evaluate]="MODEL=model.h5 POINTS=data.h5 --output=new.h5" [free-energy]="MODEL=model.h5 --output=new.h5" [sample]="MODEL=model.h5 --particles=10 --output=new.h5"
  [score]="FILE=data.h5 --reference=samples.h5" [timescales]="DATA=data.h5" [chapman-kolmogorov]="DATA=data.h5 --lag=1"
  [koopman]="DATA=data.h5 --lag=1" [vamp]="DATA=data.h5 --lag=1" [reweight]="DATA=data.h5 --lag=1 --output=new.h5"
  [committor]="MODEL=model.h5 DATA=data.h5 --from=-1,-1:.5 --to=1,1:.5 --output=new.h5"
  [rates]="MODEL=model.h5 DATA=data.h5 --from=-1,-1:.5 --to=1,1:.5" [states]="MODEL=model.h5 DATA=data.h5 --output=new.h5"
  [survival]="MODEL=model.h5 --times=1 --points=data.h5 --output=new.h5"
  [expect]="MODEL=model.h5 DATA=data.h5 --observable=/samples --times=1 --output=new.h5"
  [train]="DATA=data.h5 --output=new.h5" [features]="TRAJECTORY=data.h5 --distances=0,1 --output=new.h5"
  [reproduce]="NAME=digits" [plot]="FILE=data.h5 --output=new.png" [info]="FILE=data.h5" [bench]="--quick" [help]=""
)
# line COMMAND OPTION VALUE OPTION VALUE: the command line of the base with these in place of its own; options first.
line() {
  local command=$1 word name; shift
  local -A value=()
  local -a order=()
  for word in ${base[$command]}; do
    name=${word%%=*}
    order+=("$name")
    [[ $word == *=* ]] && value[$name]=${word#*=} || value[$name]=
  done
  while (($#)); do
    [[ -v value[$1] ]] || order+=("$1")
    value[$1]=$2
    shift 2
  done
  words=("$command")
  for name in "${order[@]}"; do [[ $name != --* ]] || words+=("$name${value[$name]:+=${value[$name]}}"); done
  for name in "${order[@]}"; do [[ $name == --* ]] || words+=("${value[$name]}"); done
}
# unharmed WHAT: the victim is refused and stays what it was.
unharmed() {
  local status
  checks=$((checks + 1))
  "$kswgd" "${words[@]}" >out 2>err
  status=$?
  [[ $status == 2 ]] && grep -q -E 'is both input and output|is named for two outputs' err || { fail "kswgd ${words[*]} gave $status:"; cat err; }
  cmp -s victim.h5 data.h5 || { fail "kswgd ${words[*]} changed its input"; cp data.h5 victim.h5; }
}

accepts help --files
cp out list
for command in $(cut -d' ' -f1 list | sort -u); do
  check "$command has a line in this test" test "${base[$command]+there}"
done
cp data.h5 victim.h5
pairs=0
while read -r command output role; do
  [[ $role == output ]] || continue
  while read -r other input how; do
    [[ $other == "$command" && "$input $how" != "$output output" ]] || continue
    [[ "$command $output $input" != "sample --checkpoint --resume" ]] || continue # the one that may: see below
    if [[ $command == reproduce && $output == --output ]]; then # a folder: its samples.h5
      mkdir -p folder && ln -f victim.h5 folder/samples.h5
      line "$command" "$output" folder "$input" victim.h5
    elif [[ $command == reproduce && $input == --output ]]; then
      continue # the same pair the other way round
    else
      line "$command" "$output" victim.h5 "$input" victim.h5
    fi
    pairs=$((pairs + 1))
    unharmed
  done <list
done <list
check "there are pairs ($pairs)" test "$pairs" -ge 60
rm -rf folder

# The same file by other names: a link, a hard link, a path of another form, part of a list, with a dataset, behind a word.
ln -s victim.h5 soft.h5
ln victim.h5 hard.h5
mkdir sub && ln -s .. sub/up
for name in soft.h5 hard.h5 ./victim.h5 "$PWD/victim.h5" sub/../victim.h5 sub/up/victim.h5; do
  line committor --output "$name" DATA victim.h5; unharmed
  line committor --output victim.h5 DATA "$name"; unharmed
  line fit --json "$name" DATA victim.h5; unharmed
done
for name in data.h5,victim.h5 victim.h5,data.h5 soft.h5,hard.h5; do line fit --output victim.h5 DATA "$name"; unharmed; done
line sample --output victim.h5 --start victim.h5:/samples; unharmed
line plot --output victim.h5 FILE victim.h5:/samples; unharmed
line fit --output victim.h5 --weights victim.h5:/w; unharmed
line fit --output victim.h5 --weights data.h5:/w,victim.h5:/w; unharmed
line fit --output victim.h5 --dictionary perceptron:victim.h5; unharmed
line fit --output victim.h5 --dictionary gaussian+perceptron:victim.h5; unharmed
# Outputs that do not exist yet are told apart as well.
ln -s nowhere.h5 dangling.h5
line fit --output nowhere.h5 --json dangling.h5; unharmed
line fit --output new.h5 --json ./sub/../new.h5; unharmed
refuses 2 "is named for two outputs" sample model.h5 -n 10 -o s.h5 --checkpoint s.h5
rm dangling.h5

# A flow may go on from a checkpoint and to it.
cp state.h5 on.h5
accepts sample model.h5 --resume on.h5 --checkpoint on.h5 -o rest.h5
check "the checkpoint was written anew" bash -c '! cmp -s state.h5 on.h5'
accepts sample model.h5 --resume on.h5 -o rest.h5

# Status 1 leaves no output: the one that was whole goes with the one that was not.
if [[ -c /dev/full ]]; then
  refuses 1 "cannot" fit data.h5 -o none.h5 --features 25 --quiet --json /dev/full
  refuses 1 "cannot" simulate quadruple-well --exact --samples 50 -o none.csv --json /dev/full
  cp data.h5 kept.h5
  refuses 1 "cannot" simulate quadruple-well --exact --samples 50 -o kept.h5 --json /dev/full
  check "what stood there stays" cmp -s data.h5 kept.h5
fi

# --json to what the shell opened: appended where the shell appends, whole where it is a pipe.
echo first >log
"$kswgd" info data.h5 --quiet --json /dev/stdout >>log
check "a log is appended to" test "$(head -n 1 log)" = first
check "after its first line comes JSON" grep -q '"kind"' log
check "a pipe is written to" grep -q '"kind"' <("$kswgd" info data.h5 --quiet --json /dev/fd/3 3>&1)
mkfifo pipe
cat pipe >"read" & "$kswgd" info data.h5 --json pipe >out; wait
check "a named pipe is written to, and stays one" test -p pipe -a -s read

# --quiet: nothing on stdout, whatever the command.
for run in "simulate quadruple-well --samples 50 -o q.h5" "fit data.h5 -o q.h5 --features 12" "spectrum model.h5" "evaluate model.h5 data.h5 -o q.h5" \
             "sample model.h5 -n 20 -o q.h5" "score data.h5 --reference samples.h5" "info data.h5" "help fit" "reproduce --list" \
             "committor model.h5 data.h5 --from=-1,-1:.5 --to=1,1:.5 -o q.h5" "rates model.h5 data.h5 --from=-1,-1:.5 --to=1,1:.5" "states model.h5 data.h5"; do
  # shellcheck disable=SC2086 # words
  accepts $run --quiet
  check "--quiet: $run prints nothing" test ! -s out
done

# Pictures are whole or absent, whatever gnuplot does.
mkdir stub
gnuplot_that() { printf '#!/bin/sh\n%s\n' "$1" >stub/gnuplot; chmod +x stub/gnuplot; }
real=$kswgd
kswgd_with_stub() { PATH=$work/stub:$PATH "$real" "$@"; }
kswgd=kswgd_with_stub
gnuplot_that 'cat >/dev/null'
refuses 1 "gnuplot wrote no whole picture" plot data.h5 -o x.png
gnuplot_that 'exit 0'
refuses 1 "gnuplot" plot data.h5 -o x.png
gnuplot_that 'echo "no such terminal" >&2; exit 3'
refuses 1 "no such terminal" plot data.h5 -o x.png
gnuplot_that 'cat >/dev/null; kill -SEGV $$'
refuses 1 "gnuplot failed" plot data.h5 -o x.png
gnuplot_that 'sed -n "s/^set output .\(.*\).$/\1/p" | while read -r name; do printf "\211PNG and no end" >"$name"; done'
refuses 1 "gnuplot wrote no whole picture" plot data.h5 -o x.png
kswgd=$real

# An experiment that is cut short leaves the results of the one before, whole.
mkdir earlier && echo '{"name": "earlier"}' >earlier/result.json && echo points >earlier/samples.h5
cp -r earlier before
kswgd=kswgd_with_stub
gnuplot_that 'exit 3'
"$kswgd" reproduce digits -o earlier >out 2>err
check "no gnuplot, no experiment" test $? = 1
kswgd=$real
check "what stood there stays" diff -r before earlier
env --default-signal=TERM "$kswgd" reproduce digits -o earlier >out 2>err &
sleep 2
kill -TERM $!
wait $! 2>/dev/null
check "SIGTERM ends an experiment" test $? -gt 128
check "and what stood there stays" diff -r before earlier
finish
