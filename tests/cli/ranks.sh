#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The program on several ranks: the same spectra as on one, samples of the same law and the same bits when run again, one file whole or absent,
# checkpoints that go on, and one sentence where one rank has unusable input. usage: ranks.sh KSWGD MPIEXEC
source "$(dirname "$0")/common.sh"
mpiexec=$2
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMP_NUM_THREADS=1

# on N COMMAND...: the program on N ranks, exit status 0.
on() {
  local count=$1; shift
  checks=$((checks + 1))
  timeout 120 "$mpiexec" -n "$count" "$kswgd" "$@" >out 2>err || { fail "kswgd $* on $count ranks gave $?"; cat err; }
}
# complains N STATUS TEXT COMMAND...: this exit status within 30 seconds, and one line of ours with this text.
complains() {
  local count=$1 status=$2 text=$3 given; shift 3
  checks=$((checks + 1))
  timeout 30 "$mpiexec" -n "$count" "$kswgd" "$@" >out 2>err
  given=$?
  ((given == status)) || fail "kswgd $* on $count ranks gave $given, not $status"
  [[ $(grep -c '^kswgd: error: ' err) == 1 ]] || { fail "kswgd $* on $count ranks does not complain in one line:"; cat err; }
  grep -q -F -- "$text" err || { fail "kswgd $* on $count ranks does not say '$text':"; cat err; }
}
# near A B BOUND: eigenvalues of two results.
near() { python3 -c 'import json, sys
a, b = (json.load(open(name))["eigenvalues"] for name in sys.argv[1:3])
sys.exit(len(a) != len(b) or any(abs(x - y) > float(sys.argv[3]) * (1 + abs(x)) for x, y in zip(a, b)))' "$@"; }

accepts simulate quadruple-well --exact --samples 4001 -o data.h5
accepts fit data.h5 -o one.h5 --features 50
accepts spectrum one.h5 --json one.json
for count in 2 3; do
  on "$count" fit data.h5 -o "on$count.h5" --features 50
  on "$count" spectrum "on$count.h5" --json "on$count.json"
  check "eigenvalues on $count ranks" near one.json "on$count.json" 1e-8
  on "$count" sample one.h5 -n 1001 -o "a$count.h5" --json "a$count.json"
  on "$count" sample one.h5 -n 1001 -o "a$count.npy"
  on "$count" sample one.h5 -n 1001 -o "again$count.npy"
  check "the same samples again on $count ranks" cmp -s "a$count.npy" "again$count.npy"
  accepts score "a$count.h5" --reference data.h5
  on "$count" score "a$count.h5" --reference data.h5 --json "score$count.json"
  check "samples on $count ranks are as near as the floor" python3 -c 'import json, sys
m = json.load(open(sys.argv[1]))["metrics"]["sliced_wasserstein"]
sys.exit(not m["value"] < 1.3 * m["floor"])' "score$count.json"
done
on 2 info a2.h5
check "one file of all samples" grep -q '1001 x 2' out

on 2 sample one.h5 -n 600 --seed 2 -o whole.npy --checkpoint state.h5 --every 3 --max-steps 9
on 2 sample one.h5 --resume state.h5 -o resumed.npy
on 2 sample one.h5 -n 600 --seed 2 -o straight.npy
check "a flow goes on to the bit" cmp -s resumed.npy straight.npy

python3 - <<'PYTHON'
import struct
rows = [[float(i % 7), float(i % 11) + i * 1e-3] for i in range(300)]
rows[290][1] = float("nan")
with open("bad.csv", "w") as file:
    file.writelines(",".join(map(str, row)) + "\n" for row in rows)
PYTHON
complains 3 2 "bad.csv" fit bad.csv -o never.h5
complains 2 2 "missing.h5" fit missing.h5 -o never.h5
complains 2 2 "is for one rank" simulate quadruple-well --samples 100 -o never.h5
complains 2 2 "there is no command" nonsense
check "nothing was written" test ! -e never.h5
check "no stray is left" test -z "$(find . -name '*unfinished*')"
finish
