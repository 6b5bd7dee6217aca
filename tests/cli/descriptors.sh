#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What the shell hands over: closed, full and broken descriptors, logs, pipes, signals; files that are odd.
source "$(dirname "$0")/common.sh"

accepts simulate quadruple-well --exact --samples 300 -o data.h5
accepts fit data.h5 -o model.h5 --features 25 --modes 4

# A file is whole although its lines for people are lost; a result that was to be printed is not.
clean() { check "$1 leaves nothing unfinished" test -z "$(find . -name '*unfinished*')"; }
for where in 0 1 2 '1 2' '0 1 2'; do
  closed=
  for descriptor in $where; do closed+=" $descriptor>&-"; done
  eval "\"\$kswgd\" fit data.h5 -o closed.h5 --features 25 --modes 4 $closed"
  check "fit with closed descriptors $where" test $? = 0
  check "a model of closed descriptors $where is whole" "$kswgd" info closed.h5 --quiet
  clean "a run with closed descriptors $where"
done
for target in /dev/full '&-'; do
  eval "\"\$kswgd\" fit data.h5 -o quiet.h5 --features 25 --modes 4 >$target 2>$target"
  check "fit with stdout and stderr to $target" test $? = 0
  eval "\"\$kswgd\" spectrum model.h5 >$target 2>err"
  check "spectrum to $target is a failure" test $? = 1
  check "spectrum to $target says so" grep -q 'standard output cannot be written to' err
  eval "\"\$kswgd\" --help >$target 2>err"
  check "--help to $target is a failure" test $? = 1
  eval "\"\$kswgd\" fit no.h5 -o quiet.h5 2>$target"
  check "an error whose sentence is lost to $target keeps its status" test $? = 2
done
set -o pipefail
"$kswgd" spectrum model.h5 --json - 2>err | true
check "a broken pipe is no death by signal" test $? -le 1
"$kswgd" fit data.h5 -o piped.h5 --features 25 2>&1 | true
check "a broken pipe beside a file is no error" test $? = 0
check "the file beside a broken pipe is whole" "$kswgd" info piped.h5 --quiet
clean "a broken pipe"
set +o pipefail

# JSON into a log, a device, a descriptor and a pipe: as the shell says.
for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
  echo earlier >log
  "$kswgd" info data.h5 --quiet --json "$name" >>log
  check "--json $name appends" test "$(head -c 9 log | tr '\n' ' ')" = "earlier {"
done
echo earlier >log
"$kswgd" info data.h5 --quiet --json /dev/fd/7 7>>log
check "--json /dev/fd/7 appends" grep -q earlier log
check "--json /dev/fd/7 writes" grep -q '"kind"' log
refuses 2 "that descriptor is not open for writing" info data.h5 --json /dev/fd/77
mkfifo pipe
cat pipe >from_pipe &
accepts info data.h5 --quiet --json pipe
wait $!
check "--json into a pipe" grep -q '"kind"' from_pipe
check "the pipe is still one" test -p pipe
refuses 2 "is a folder" info data.h5 --json .
ln -s /dev/stdout link.csv
refuses 2 "open descriptor" simulate quadruple-well --exact --samples 10 -o link.csv

# Signals that end a run leave nothing; what a killed one leaves, the next one removes.
ulimit -c 0
for signal in QUIT XCPU USR1 ABRT HUP; do
  env --default-signal="$signal" "$kswgd" simulate quadruple-well --samples 10 --burn-in 1000000000 -o long.h5 >out 2>err &
  sleep 0.3
  kill -$signal $!
  wait $! 2>/dev/null
  check "SIG$signal ends it" test $? -gt 128
  clean "SIG$signal"
done
: >.data.csv.unfinished-1-0
accepts simulate quadruple-well --exact --samples 10 -o data.csv
clean "the run after a killed one"
(
  ulimit -f 100
  env --default-signal=XFSZ "$kswgd" simulate quadruple-well --exact --samples 20000 -o large.h5 2>err
  test $? = 1 && grep -q "cannot write 'large.h5'" err && ! test -e large.h5
)
check "a file that may not grow so large is a failure in words" test $? = 0
clean "a file that may not grow"

# Names are other people's: no byte of them is an order to the terminal. JSON keeps their meaning.
bad=$'\e[31m\a\xc2\x9b2J\xe2\x80\xae\x7f\xff'
no_orders() { ! LC_ALL=C grep -q -P '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xff' "$1"; }
refuses 2 "there is no file" fit "no${bad}.csv" -o no.h5
check "a name of a file is shown without orders" no_orders err
refuses 2 "there is no command" "$bad"
check "a word is shown without orders" no_orders err
{ printf 'x%s,Gr\xc3\xb6\xc3\x9fe\n' "$bad"; awk 'BEGIN { for (i = 0; i < 60; ++i) print sin(i) "," cos(7 * i) }'; } >named.csv
accepts fit named.csv -o named.h5 --features 6 --modes 2 --json fit.json
check "names of columns are shown without orders by fit" no_orders out
accepts info named.h5 --json info.json
check "names of columns are shown without orders by info" no_orders out
check "letters of every language stay" grep -q $'Gr\xc3\xb6\xc3\x9fe' out
check "JSON holds no orders" no_orders info.json
if command -v python3 >/dev/null; then
  check "JSON keeps the meaning" python3 -c 'import json, sys
names = json.load(open("info.json"))["columns"]
sys.exit(not (names[0].startswith("x\x1b[31m\x07\x9b2J\u202e\x7f") and names[1] == "Gr\u00f6\u00dfe"))'
fi

# Files of others.
printf 'x,y\n1,2\n3,4,5\n' >ragged.csv
refuses 2 "line 3: 3 columns" fit ragged.csv -o no.h5
printf 'x;y\n1,5;2\n' >comma.csv
refuses 2 "a decimal point, not a comma" fit comma.csv -o no.h5
mkfifo pipe.h5
refuses 2 "is a device, pipe or socket" fit pipe.h5 -o no.h5
finish
