# shellcheck shell=bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sourced by the tests of the scripts: $root, a folder of their own, and assertions that count.
set -u
# shellcheck disable=SC2034 # used by the scripts that source this one
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 checks=0

# gives STATUS TEXT COMMAND...: this exit status, and TEXT somewhere in what it prints.
gives() {
  local status=$1 text=$2 output given; shift 2
  checks=$((checks + 1))
  output=$("$@" 2>&1 </dev/null)
  given=$?
  if ((given != status)) || [[ $output != *"$text"* ]]; then
    failures=$((failures + 1))
    printf 'FAILED: %s\n  gave %d, not %d with "%s":\n%s\n' "$*" "$given" "$status" "$text" "$output"
  fi
}
# check WHAT CONDITION...: a condition of the shell.
check() {
  local what=$1; shift
  checks=$((checks + 1))
  "$@" || { failures=$((failures + 1)); echo "FAILED: $what"; }
}
finish() {
  printf '%d checks, %d failures\n' "$checks" "$failures"
  exit $((failures > 0))
}
