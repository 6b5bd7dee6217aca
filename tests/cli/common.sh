# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sourced by the tests of the program: $kswgd, a folder of its own, and assertions that count.
set -u
kswgd=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_PROC_BIND=false OMP_WAIT_POLICY=passive
failures=0 checks=0

fail() { printf 'FAILED: %s\n' "$*"; failures=$((failures + 1)); }

# accepts COMMAND...: exit status 0.
accepts() {
  checks=$((checks + 1))
  "$kswgd" "$@" >out 2>err || { fail "kswgd $* gave $?"; cat err; }
}
# refuses STATUS TEXT COMMAND...: this exit status, one line `kswgd: error: ...TEXT...`, and no file more than before.
refuses() {
  local status=$1 text=$2 before after given; shift 2
  checks=$((checks + 1))
  before=$(ls | sort | grep -v -E '^(out|err)$')
  "$kswgd" "$@" >out 2>err
  given=$?
  after=$(ls | sort | grep -v -E '^(out|err)$')
  ((given == status)) || fail "kswgd $* gave $given, not $status"
  [[ $(grep -c '' err) == 1 && $(<err) == 'kswgd: error: '* ]] || { fail "kswgd $* does not complain in one line:"; cat err; }
  grep -q -F -- "$text" err || { fail "kswgd $* does not say '$text':"; cat err; }
  [[ $before == "$after" ]] || fail "kswgd $* left a file behind: $after"
}
# check WHAT CONDITION...: a condition of the shell.
check() {
  local what=$1; shift
  checks=$((checks + 1))
  "$@" || fail "$what"
}
finish() {
  printf '%d checks, %d failures\n' "$checks" "$failures"
  exit $((failures > 0))
}
