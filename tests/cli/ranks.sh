#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The program on several ranks: the same spectra as on one, samples of the same law and the same bits when run again, one file whole or absent,
# checkpoints that go on, also when ranks are killed, and one sentence where one rank has unusable input. usage: ranks.sh KSWGD MPIEXEC
source "$(dirname "$0")/common.sh"
mpiexec=$2
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMP_NUM_THREADS=1

# on N COMMAND...: the program on N ranks, exit status 0.
on() {
  local count=$1; shift
  checks=$((checks + 1))
  timeout 120 "$mpiexec" -n "$count" "$kswgd" "$@" >out 2>err || { fail "kswgd $* on $count ranks gave $?"; cat err; }
}
# complains N STATUS TEXT COMMAND...: this exit status within five seconds, and one line of ours with this text.
complains() {
  local count=$1 status=$2 text=$3 given start; shift 3
  checks=$((checks + 1))
  start=$(date +%s%N)
  timeout 30 "$mpiexec" -n "$count" "$kswgd" "$@" >out 2>err
  given=$?
  (($(date +%s%N) - start < 5000000000)) || fail "kswgd $* on $count ranks took more than five seconds to complain"
  ((given == status)) || fail "kswgd $* on $count ranks gave $given, not $status"
  [[ $(grep -c '^kswgd: error: ' err) == 1 ]] || { fail "kswgd $* on $count ranks does not complain in one line:"; cat err; }
  grep -q -F -- "$text" err || { fail "kswgd $* on $count ranks does not say '$text':"; cat err; }
}
# same A B BOUND: two JSON results, but for what the run itself is (times, memory and what was expected of it, files).
same() { python3 - "$@" <<'PYTHON'
import json, math, sys
a, b = (json.load(open(name)) for name in sys.argv[1:3])
bound, own = float(sys.argv[3]), {"seconds", "peak_bytes", "peak_bytes_expected", "ranks", "stages", "told_bytes", "command", "output"}
def differ(x, y, at):
    if isinstance(x, dict) and isinstance(y, dict):
        if x.keys() != y.keys(): return f"{at}: {x.keys() ^ y.keys()}"
        return next(filter(None, (differ(x[k], y[k], f"{at}.{k}") for k in x if k not in own)), None)
    if isinstance(x, list) and isinstance(y, list):
        if len(x) != len(y): return f"{at}: {len(x)} and {len(y)} entries"
        return next(filter(None, (differ(x[i], y[i], f"{at}[{i}]") for i in range(len(x)))), None)
    if isinstance(x, float) and isinstance(y, (float, int)):
        return None if math.isclose(x, y, rel_tol=bound, abs_tol=bound) else f"{at}: {x} and {y}"
    return None if x == y else f"{at}: {x} and {y}"
found = differ(a, b, "")
if found: print(found)
sys.exit(found is not None)
PYTHON
}
# near A B BOUND: eigenvalues of two results.
near() { python3 -c 'import json, sys
a, b = (json.load(open(name))["eigenvalues"] for name in sys.argv[1:3])
sys.exit(len(a) != len(b) or any(abs(x - y) > float(sys.argv[3]) * (1 + abs(x)) for x, y in zip(a, b)))' "$@"; }

accepts simulate quadruple-well --exact --samples 4001 -o data.h5
accepts simulate quadruple-well --exact --samples 4001 -o data.csv
accepts simulate quadruple-well --exact --samples 4001 -o data.npy
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
# Rows of a rank that would not fit stay in the file.
for format in h5 csv; do
  accepts simulate quadruple-well --exact --samples 600001 -o "many.$format"
  on 2 fit "many.$format" -o held.h5 --features 12 --modes 3 --dry-run --json plan.json
  on 2 fit "many.$format" -o held.h5 --features 12 --modes 3
  on 2 fit "many.$format" -o left.h5 --features 12 --modes 3 --json left.json --memory $(($(awk '/"total"/ { gsub(/[^0-9]/, ""); print }' plan.json) - 1))
  check "rows of two ranks stay in .$format" grep -q '"in_place": true' left.json
  "$kswgd" spectrum held.h5 >held.txt && "$kswgd" spectrum left.h5 >left.txt
  check "two ranks give the same from rows left in .$format" cmp -s held.txt left.txt
done

on 2 info a2.h5
check "one file of all samples" grep -q '1001 x 2' out

on 2 sample one.h5 -n 600 --seed 2 -o whole.npy --checkpoint state.h5 --every 3 --max-steps 9
on 2 sample one.h5 --resume state.h5 -o resumed.npy
on 2 sample one.h5 -n 600 --seed 2 -o straight.npy
check "a flow goes on to the bit" cmp -s resumed.npy straight.npy

# Every format by parts: what is written in a file is what the ranks read of it, blank lines, comments and strides included.
python3 - <<'PYTHON'
lines = open("data.csv").read().splitlines()
with open("odd.csv", "w") as file:
    file.write("x,y\n# a comment\n\n")
    for i, line in enumerate(lines):
        file.write(line + (" # row" if i % 50 == 0 else "") + "\n" + ("\n" if i % 77 == 0 else ""))
with open("weights.csv", "w") as file:
    file.writelines(f"{0 if i % 9 == 0 else 1 + i % 3}\n" for i in range(len(lines)))
PYTHON
for data in data.npy data.csv odd.csv; do
  on 3 fit "$data" -o parts.h5 --features 50 --json fit3.json
  on 3 spectrum parts.h5 --json parts.json
  check "eigenvalues of $data on 3 ranks" near one.json parts.json 1e-8
done
accepts fit data.csv,data.npy,data.h5 -o several.h5 --features 50 --json several.json
on 4 fit data.csv,data.npy,data.h5 -o several4.h5 --features 50 --json several4.json
check "several files, which ranks cut, on 4 ranks" same several.json several4.json 1e-6
accepts fit data.h5 --weights weights.csv --stride 2 -o weighted.h5 --features 50 --json weighted.json
for data in data.h5 odd.csv data.npy; do
  on 3 fit "$data" --weights weights.csv --stride 2 -o shared.h5 --features 50 --json shared.json
  check "a weighted fit of every second row of $data on 3 ranks" same weighted.json shared.json 1e-6
done

# Everything else that is asked of data and models.
accepts spectrum weighted.h5 --data data.h5 --weights weights.csv --bootstrap 50 --json intervals.json
on 3 spectrum shared.h5 --data data.npy --weights weights.csv --bootstrap 50 --json shared.json
check "intervals on 3 ranks" same intervals.json shared.json 1e-6
accepts evaluate one.h5 data.h5 -o evaluated.h5
accepts evaluate one.h5 data.h5 -o evaluated.npy
on 3 evaluate one.h5 data.csv -o evaluated3.h5
on 3 evaluate one.h5 data.csv -o evaluated3.npy
# close A B: two .npy files of doubles.
close() { python3 -c 'import struct, sys
def numbers(name):
    data = open(name, "rb").read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return data[:start], struct.unpack(f"<{(len(data) - start) // 8}d", data[start:])
(head, a), (other, b) = (numbers(name) for name in sys.argv[1:3])
sys.exit(head != other or not a or max(abs(x - y) / (1 + abs(x)) for x, y in zip(a, b)) > 1e-7)' "$@"; }
for part in eigenfunctions gradients log_density score score_error; do
  check "$part at points on 3 ranks" close "evaluated_$part.npy" "evaluated3_$part.npy"
done
# Several tiles on a rank, and a rank that fails between two of them.
python3 - <<'PYTHON'
import array, random
random.seed(1)
numbers = array.array("d", (random.gauss(0, 1) for _ in range(60000)))
def write(name):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (30000, 2), }"
    header += " " * (117 - len(header)) + "\n"
    with open(name, "wb") as file: file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + numbers.tobytes())
write("tiles.npy")
numbers[2 * 29000] = float("nan")
write("late.npy")
PYTHON
accepts evaluate one.h5 tiles.npy -o one-tiles.npy --modes 2 --memory 1kB
on 2 evaluate one.h5 tiles.npy -o tiles.npy --modes 2 --memory 1kB
on 2 evaluate one.h5 tiles.npy -o tiles.h5 --modes 2 --memory 1kB
# holds H5 NPY COLUMNS: the numbers of the one, which stand there column by column, are in the other row by row (-0 is 0 in sums of ranks).
holds() { python3 -c 'import array, sys
def numbers(data): return array.array("d", (x + 0.0 for x in array.array("d", data[:len(data) // 8 * 8])))
found, wanted = numbers(open(sys.argv[1], "rb").read()), numbers(open(sys.argv[2], "rb").read()[128:])
columns = int(sys.argv[3]); rows = len(wanted) // columns
by_rows = array.array("d", (wanted[k * rows + i] for i in range(rows) for k in range(columns)))
sys.exit(rows != 30000 or by_rows.tobytes() not in found.tobytes())' "$@"; }
for part in eigenfunctions:3 gradients:6 log_density:1 log_density_error:1 score:2 score_error:2; do
  check "${part%:*} of tiles on 2 ranks" close "one-tiles_${part%:*}.npy" "tiles_${part%:*}.npy"
  check "${part%:*} of tiles of 2 ranks in one file" holds tiles.h5 "tiles_${part%:*}.npy" "${part#*:}"
done
complains 2 2 "row 29000" evaluate one.h5 late.npy -o never.h5 --memory 1kB
accepts info evaluated.h5
grep -v -E '^(command|.*normalisation)' out >expected
on 2 info evaluated3.h5
check "one file of what a model says" diff <(grep -v -E '^(command|.*normalisation)' out) expected
accepts score a2.h5 --reference data.h5 --json score1.json
on 3 score a2.h5 --reference data.h5 --json score3.json
check "scores on 3 ranks are those of one" same score1.json score3.json 0
accepts simulate quadruple-well --samples 1300 --trajectories 3 --dt 0.02 -o frames.h5
for command in "timescales frames.h5 --lags 2,8 --modes 2 --bootstrap 20 --features 25" "chapman-kolmogorov frames.h5 --lag 4 --multiples 3 --modes 2 --features 25" \
  "vamp frames.h5 --lag 4 --modes 2 --features 25" "koopman frames.h5 --lag 4 --modes 2 --features 25" "spectrum one.h5" "info one.h5"; do
  # shellcheck disable=SC2086
  accepts $command --json of1.json
  # shellcheck disable=SC2086
  on 3 $command --json of3.json
  check "$command on 3 ranks" same of1.json of3.json 1e-6
done
for options in "--lag 4" "--diffusion isotropic" "--reweight equilibrium --lag 4" "--estimator diffusion-map"; do
  # shellcheck disable=SC2086
  accepts fit frames.h5 $options -o pairs1.h5 --json of1.json
  accepts spectrum pairs1.h5 --json spectrum1.json
  # shellcheck disable=SC2086
  on 3 fit frames.h5 $options -o pairs3.h5 --json of3.json
  on 3 spectrum pairs3.h5 --json spectrum3.json
  check "eigenvalues of fit $options on 3 ranks" near spectrum1.json spectrum3.json 1e-6
done
accepts reweight frames.h5 --lag 4 -o w1.npy
on 3 reweight frames.h5 --lag 4 -o w3.npy
check "weights on 3 ranks" close w1.npy w3.npy
on 2 simulate quadruple-well --exact --samples 4001 -o again.npy  # rank 0's work
check "what rank 0 does alone" cmp data.npy again.npy
on 2 sample one.h5 -n 801 --polish 5 --seed 3 -o polished.npy --json polished.json
on 2 sample one.h5 -n 801 --polish 5 --seed 3 -o again.npy
check "the same polish again" cmp polished.npy again.npy
check "a polish of all ranks' samples" python3 -c 'import json
p = json.load(open("polished.json"))["polish"]
raise SystemExit(not (p["kept"] and p["steps"] == 5 and .3 < p["acceptance"] < 1))'
on 2 sample one.h5 -n 500 --given c0=1 -o given.npy --json given.json
accepts sample one.h5 -n 500 --given c0=1 -o given1.npy --json given1.json
check "draws under a condition" python3 -c 'import json
a, b = (json.load(open(name)) for name in ("given.json", "given1.json"))
raise SystemExit(not (a["outside"] == 0 and abs(a["effective"][0] - b["effective"][0]) < .01 * b["effective"][0]))'
on 2 bench --quick --rounds 1 --json bench.json
check "times of two ranks at once" python3 -c 'import json
b = json.load(open("bench.json"))
raise SystemExit(not (b["ranks"] == 2 and len(b["sums"]) == 3 and all(s["seconds"] > 0 for s in b["sums"])))'
on 3 sample one.h5 -n 2 -o few.npy  # a rank without a particle
on 4 evaluate one.h5 few.npy -o few.h5

# Ranks killed at any moment, between and within checkpoints: nothing that a checkpoint holds is lost. Also Ctrl-C.
# running PID: whether a process is there and no zombie.
running() { [[ -r /proc/$1/stat && $(cut -d ' ' -f 3 "/proc/$1/stat") != Z ]]; }
on 2 sample one.h5 -n 40000 --seed 4 -o straight.npy
for signal in rank0 rank1 mpirun ctrl-c; do
  rm -f c.h5 resumed.npy killed.npy
  setsid "$mpiexec" -n 2 "$kswgd" sample one.h5 -n 40000 --seed 4 --checkpoint c.h5 --every 1 -o killed.npy >out 2>err &
  launcher=$!
  for _ in $(seq 2000); do
    [[ -s c.h5 ]] && break
    running "$launcher" || break
    sleep 0.01
  done
  mapfile -t ranks < <(pgrep -P "$launcher" -f 'sample one.h5' | sort -n)
  check "two ranks run" test "${#ranks[@]}" = 2
  start=$(date +%s%N)
  case $signal in
    rank0) kill -KILL "${ranks[0]}" ;;
    rank1) kill -KILL "${ranks[1]}" ;;
    mpirun) kill -KILL "$launcher" ;;
    ctrl-c) kill -INT "$launcher" ;;
  esac
  for _ in $(seq 1000); do
    running "$launcher" || running "${ranks[0]}" || running "${ranks[1]}" || break
    sleep 0.01
  done
  wait "$launcher" 2>/dev/null
  check "all are gone within five seconds of the end of $signal" test $(($(date +%s%N) - start)) -lt 5000000000
  # Ranks may come to their end before they hear of that of their launcher.
  if [[ -e killed.npy ]]; then check "all of the output after the end of $signal" cmp straight.npy killed.npy; fi
  on 2 sample one.h5 --resume c.h5 -o resumed.npy
  check "what was killed by $signal goes on to the bit" cmp straight.npy resumed.npy
  [[ $signal == ctrl-c ]] && check "no stray after Ctrl-C" test -z "$(find . -name '*unfinished*')"
  find . -name '*unfinished*' -delete  # of processes that were killed, which cannot tidy up
done

python3 - <<'PYTHON'
import struct
rows = [[float(i % 7), float(i % 11) + i * 1e-3] for i in range(300)]
rows[290][1] = float("nan")
with open("bad.csv", "w") as file:
    file.writelines(",".join(map(str, row)) + "\n" for row in rows)
PYTHON
complains 3 2 "bad.csv" fit bad.csv -o never.h5
complains 2 2 "missing.h5" fit missing.h5 -o never.h5
complains 2 2 "must be a positive number" simulate quadruple-well --samples 0 -o never.h5
complains 3 2 "bad.csv" timescales bad.csv --lags 1
complains 3 2 "bad.csv" evaluate one.h5 bad.csv -o never.h5
complains 2 2 "missing.h5" info missing.h5
complains 2 2 "there is no column" sample one.h5 -n 10 --given c9=1 -o never.h5
complains 2 2 "there is no command" nonsense
check "nothing was written" test ! -e never.h5
check "no stray is left" test -z "$(find . -name '*unfinished*')"
finish
