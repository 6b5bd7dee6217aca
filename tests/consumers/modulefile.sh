#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The installed module file finds its prefix, also after that was moved. Needs Environment Modules (or MODULECMD, a command that takes a shell's name and
# what is asked for); exits 77 without.
# usage: modulefile.sh PREFIX
set -euo pipefail
prefix=$1
command=${MODULECMD:-$(command -v modulecmd || find /usr/lib /usr/share/modules -name modulecmd.tcl -perm -u+x 2>/dev/null | head -n 1 || true)}
[[ $command ]] || { echo "there is no modulecmd here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -a "$prefix" "$work/moved"
kswgd_ROOT='' CMAKE_PREFIX_PATH=''
unset LOADEDMODULES _LMFILES_
export MODULEPATH=$work/moved/share/modulefiles
# shellcheck disable=SC2086 # a command with its words
eval "$($command bash load kswgd)"
[[ $kswgd_ROOT == "$work/moved" ]] || { echo "kswgd_ROOT is $kswgd_ROOT, not $work/moved"; exit 1; }
[[ :$CMAKE_PREFIX_PATH: == *":$work/moved:"* ]] || { echo "CMAKE_PREFIX_PATH is $CMAKE_PREFIX_PATH"; exit 1; }
[[ $(command -v kswgd) == "$work/moved/bin/kswgd" ]] || { echo "kswgd is $(command -v kswgd)"; exit 1; }
kswgd --version
