#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Projects that add kswgd as a subdirectory and bring Kokkos and Kokkos Kernels themselves: what configures, with what, and what is
# refused. Nothing is compiled. usage: superbuild.sh CMAKE SOURCE packages|sources
# Exit status 77: the sources of Kokkos are not in the cache of scripts/deps.
set -u
cmake=$1 source=$2 kind=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 checks=0
unset CMAKE_PREFIX_PATH Kokkos_ROOT KokkosKernels_ROOT Kokkos_DIR KokkosKernels_DIR

# configure NAME CMAKE-CODE ARGUMENTS...: a project of this code; all words of the output on one line, into $output.
configure() {
  local name=$1 code=$2; shift 2
  mkdir -p "$work/$name"
  printf 'cmake_minimum_required(VERSION 3.22)\nproject(super LANGUAGES C CXX)\nset(KSWGD_ENABLE_EIGEN OFF)\nset(KSWGD_ENABLE_IO OFF)\n%s\n' "$code" >"$work/$name/CMakeLists.txt"
  output=$("$cmake" -S "$work/$name" -B "$work/$name/build" "$@" 2>&1)
  status=$?
  output=$(tr -s ' \n' '  ' <<<"$output")
}
# gives STATUS WORDS...: the last configuration succeeded (0) or not (1), with each of these in its output.
gives() {
  local wanted=$1 words; shift
  checks=$((checks + 1))
  (((status != 0) == wanted)) || { failures=$((failures + 1)); echo "FAILED: status $status: $output"; }
  for words; do
    checks=$((checks + 1))
    [[ $output == *"$words"* ]] || { failures=$((failures + 1)); echo "FAILED: '$words' is not in: $output"; }
  done
}
add="add_subdirectory($source kswgd EXCLUDE_FROM_ALL)"
there='foreach(target IN ITEMS kswgd::core kswgd::kswgd)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "${target} is missing")
  endif()
endforeach()
get_target_property(linked kswgd_core INTERFACE_LINK_LIBRARIES)
message(STATUS "linked: ${linked}")'

if [[ $kind == packages ]]; then
  # package NAME VERSION TARGET: a package of one target with a header folder of its own; VERSION '' states none.
  package() {
    mkdir -p "$work/$1/include"
    printf 'if(NOT TARGET %s)\n  add_library(%s INTERFACE IMPORTED)\n  target_include_directories(%s INTERFACE "${CMAKE_CURRENT_LIST_DIR}/include")\nendif()\n' "$3" "$3" "$3" >"$work/$1/$1Config.cmake"
    [[ ! $2 ]] || printf 'set(PACKAGE_VERSION %s)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n' "$2" >"$work/$1/$1ConfigVersion.cmake"
  }
  # kokkos_header FOLDER NUMBER DEVICE
  kokkos_header() { mkdir -p "$1"; printf '#define KOKKOS_VERSION %s\n#define KOKKOS_ENABLE_%s\n/* #undef KOKKOS_ENABLE_OPENMP */\n' "$2" "$3" >"$1/KokkosCore_config.h"; }
  where=("-DKokkos_DIR=$work/Kokkos" "-DKokkosKernels_DIR=$work/KokkosKernels")

  # A Kokkos without package variables, and Kokkos Kernels as Trilinos installs them: no version, one target of all.
  package Kokkos '' Kokkos::kokkos
  kokkos_header "$work/Kokkos/include" 40702 SERIAL
  package KokkosKernels '' KokkosKernels::all_libs
  configure trilinos "$add
$there" "${where[@]}"
  gives 0 "kswgd: Kokkos 4.7.2 ($work/Kokkos)" "KokkosKernels, whose version is not stated" "Kokkos backends SERIAL" 'linked: Kokkos::kokkos;KokkosKernels::all_libs'

  # Targets that the project has found before; what its options say of another build does not count.
  configure found "set(Kokkos_ENABLE_CUDA ON)
find_package(Kokkos REQUIRED)
find_package(KokkosKernels REQUIRED)
$add
$there" "${where[@]}"
  gives 0 "Kokkos 4.7.2" "Kokkos backends SERIAL"

  # Two copies of Kokkos on one include path.
  kokkos_header "$work/KokkosKernels/include" 50002 SERIAL
  configure two "$add" "${where[@]}"
  gives 1 "this project uses Kokkos 4.7.2 ($work/Kokkos)" "$work/KokkosKernels/include/KokkosCore_config.h on its include path is of Kokkos 5.0.2"
  rm "$work/KokkosKernels/include/KokkosCore_config.h"

  # Out of range, known from the header alone.
  kokkos_header "$work/Kokkos/include" 40400 SERIAL
  configure old "$add" "${where[@]}"
  gives 1 "kswgd needs Kokkos at least 4.5 and below 6, found 4.4.0 in $work/Kokkos"
  kokkos_header "$work/Kokkos/include" 40702 SERIAL

  # Kokkos Kernels whose version is known from the header.
  printf '#define KOKKOSKERNELS_VERSION 40300\n' >"$work/KokkosKernels/include/KokkosKernels_config.h"
  configure old_kernels "$add" "${where[@]}"
  gives 1 "kswgd needs KokkosKernels at least 4.4, found 4.3.0"
  rm "$work/KokkosKernels/include/KokkosKernels_config.h"

  # HDF5 2 by the target that the project has found, and of a version that is too old.
  hdf5='add_library(HDF5::HDF5 INTERFACE IMPORTED GLOBAL)
set(HDF5_VERSION %s)
set(KSWGD_ENABLE_IO ON)'
  # shellcheck disable=SC2059 # the format is ours
  configure hdf5 "$(printf "$hdf5" 2.1.0)
$add" "${where[@]}"
  gives 0 "kswgd: HDF5 2.1.0"
  # shellcheck disable=SC2059
  configure old_hdf5 "$(printf "$hdf5" 1.8.21)
$add" "${where[@]}"
  gives 1 "kswgd needs HDF5 at least 1.10 and below 3, found 1.8.21"

  # Added twice: the first one counts, and must have what the second asks for.
  configure twice "$add
add_subdirectory($source again)
$there" "${where[@]}"
  gives 0 "kswgd: already part of this project"
  configure more "$add
set(KSWGD_ENABLE_IO ON)
add_subdirectory($source again)" "${where[@]}"
  gives 1 "without the component io that KSWGD_ENABLE_IO asks for"
else
  archive=$(find "${KSWGD_CACHE:-$HOME/.cache/kswgd}/archives" -name 'pycompadre-*.tar.gz' 2>/dev/null | head -n 1)
  [[ $archive ]] || { echo "SKIPPED: scripts/deps has fetched no sources of Kokkos and Kokkos Kernels into ${KSWGD_CACHE:-$HOME/.cache/kswgd}"; exit 77; }
  tar -xzf "$archive" -C "$work" --wildcards '*/kokkos/*' '*/kokkos-kernels/*' || exit 1
  top=$(find "$work" -maxdepth 1 -name 'pycompadre-*')
  declare="set(Kokkos_ENABLE_SERIAL ON CACHE BOOL \"\")
include(FetchContent)
FetchContent_Declare(Kokkos SOURCE_DIR $top/kokkos %s)
FetchContent_Declare(KokkosKernels SOURCE_DIR $top/kokkos-kernels %s)"
  stated=$(sed -n 's/^set(Kokkos_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\)).*/\2/p' "$top/kokkos/CMakeLists.txt" | paste -sd.)

  # shellcheck disable=SC2059
  configure own "$(printf "$declare" '' '')
FetchContent_MakeAvailable(Kokkos KokkosKernels)
$add
$there"
  gives 0 "kswgd: Kokkos $stated ($top/kokkos)" "kswgd: KokkosKernels $stated" "Kokkos backends SERIAL" 'linked: Kokkos::kokkos;Kokkos::kokkoskernels'

  # Declared by the project, made available by our own find_package.
  if "$cmake" --version | head -n 1 | awk '{ split($3, v, "."); exit !(v[1] > 3 || v[2] >= 24) }'; then
    # shellcheck disable=SC2059
    configure override "$(printf "$declare" OVERRIDE_FIND_PACKAGE OVERRIDE_FIND_PACKAGE)
$add
$there" -DKSWGD_INSTALL=ON
    gives 0 "kswgd: Kokkos $stated ($top/kokkos)" "Kokkos backends SERIAL"
  else
    echo "SKIPPED: OVERRIDE_FIND_PACKAGE needs CMake 3.24"
  fi
fi

printf '%d checks, %d failures\n' "$checks" "$failures"
exit $((failures > 0))
