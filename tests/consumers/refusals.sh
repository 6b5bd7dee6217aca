#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What the installed package refuses. usage: refusals.sh CMAKE PREFIX KOKKOS-VERSION KOKKOS-DIR COMPONENTS KOKKOS-DEVICES
set -u
cmake=$1 prefix=$2 version=$3 kokkos=$4 components=$5 devices=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 checks=0

# fake_kokkos NAME VERSION DEVICES [CMAKE-CODE]: a package that calls itself Kokkos.
fake_kokkos() {
  mkdir -p "$work/$1"
  printf 'set(Kokkos_DEVICES %s)\n%s\nadd_library(Kokkos::kokkos INTERFACE IMPORTED)\n' "$3" "${4:-}" >"$work/$1/KokkosConfig.cmake"
  printf 'set(PACKAGE_VERSION %s)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n' "$2" >"$work/$1/KokkosConfigVersion.cmake"
}
# configure NAME CMAKE-CODE ARGUMENTS...: all words of the output on one line, into $output.
configure() {
  local name=$1 code=$2; shift 2
  mkdir -p "$work/$name"
  printf 'cmake_minimum_required(VERSION %s)\nproject(refused LANGUAGES NONE)\n%s\n' "${policies:-3.22}" "$code" >"$work/$name/CMakeLists.txt"
  output=$("$cmake" -S "$work/$name" -B "$work/$name/build" "-Dkswgd_ROOT=$prefix" "$@" 2>&1)
  status=$?
  output=$(tr -s ' \n' '  ' <<<"$output")
}
# refuses WORDS...: the last configuration failed, with each of these in its message.
refuses() {
  checks=$((checks + 1))
  ((status != 0)) || { failures=$((failures + 1)); echo "FAILED: configured without an error: $output"; }
  local words
  for words; do
    checks=$((checks + 1))
    [[ $output == *"$words"* ]] || { failures=$((failures + 1)); echo "FAILED: '$words' is not in: $output"; }
  done
}

fake_kokkos other 5.9.1 SERIAL
configure version 'find_package(kswgd REQUIRED COMPONENTS core)' "-DKokkos_DIR=$work/other"
refuses "kswgd was built with Kokkos $version" "$kokkos" "this project uses Kokkos 5.9.1" "$work/other" "two of them in one process"

fake_kokkos backend "$version" SYCL
configure backend 'find_package(kswgd REQUIRED COMPONENTS core)' "-DKokkos_DIR=$work/backend"
refuses "this project uses Kokkos $version (SYCL)" "$work/backend"

# The same version and backends with other options, or for another processor.
fake_kokkos options "$version" "$devices" 'set(Kokkos_OPTIONS IMPL_OTHER)'
configure options 'find_package(kswgd REQUIRED COMPONENTS core)' "-DKokkos_DIR=$work/options"
refuses "Kokkos_OPTIONS 'IMPL_OTHER' instead of" "two of them in one process"
fake_kokkos processor "$version" "$devices" 'set(Kokkos_ARCH OTHER)'
configure processor 'find_package(kswgd REQUIRED COMPONENTS core)' "-DKokkos_DIR=$work/processor"
refuses "Kokkos_ARCH 'OTHER' instead of"

# A project of policies older than CMake 3.12, for which kswgd_ROOT is nothing: kswgd_DIR is, and Kokkos_ROOT is looked at all the same.
policies=3.10 configure policies 'find_package(kswgd REQUIRED COMPONENTS core)' "-Dkswgd_DIR=$(dirname "$(find "$prefix" -name kswgdConfig.cmake)")" \
  "-DKokkos_ROOT=$work/other"
refuses "this project uses Kokkos 5.9.1"

# Another Kokkos that the project has found already, before it asks for kswgd.
configure loaded 'find_package(Kokkos REQUIRED)
find_package(kswgd REQUIRED)' "-DKokkos_DIR=$work/other"
refuses "kswgd was built with Kokkos $version" "this project uses Kokkos 5.9.1"

# A Kokkos that the project builds itself.
configure own 'add_library(kokkos INTERFACE)
add_library(Kokkos::kokkos ALIAS kokkos)
find_package(kswgd REQUIRED)'
refuses "kswgd was built with Kokkos $version" "$kokkos" "this project builds a Kokkos of its own"

configure component 'find_package(kswgd REQUIRED COMPONENTS core no-such-component)'
refuses "without 'no-such-component'"

if [[ ";$components;" != *';mpi;'* ]]; then
  configure mpi 'find_package(kswgd REQUIRED COMPONENTS mpi)'
  refuses "without 'mpi'"
fi

configure release 'find_package(kswgd 99.0 REQUIRED)'
refuses 'requested version "99.0"'

# Not required: the project goes on, without any of our targets.
configure optional 'find_package(kswgd QUIET COMPONENTS core)
if(kswgd_FOUND OR TARGET kswgd::core)
  message(FATAL_ERROR "found in spite of the other Kokkos")
endif()' "-DKokkos_DIR=$work/other"
checks=$((checks + 1))
((status == 0)) || { failures=$((failures + 1)); echo "FAILED: $output"; }

printf '%d checks, %d failures\n' "$checks" "$failures"
exit $((failures > 0))
