# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Kokkos and Kokkos Kernels: the targets that the project has already (it builds them itself, or has found them), else those of
# find_package. What is known of them is read from the headers that will be compiled: a project that builds Kokkos has no package
# variables, or those of another one.
#
# Sets Kokkos_VERSION, Kokkos_DEVICES, Kokkos_DIR, KokkosKernels_VERSION (empty where none is stated), KSWGD_KERNELS_TARGET,
# KSWGD_KOKKOS_IS_IMPORTED (off where the project builds it), and what its package says of options and architecture in
# KSWGD_KOKKOS_OPTIONS and KSWGD_KOKKOS_ARCH.

include("${CMAKE_CURRENT_LIST_DIR}/KswgdLinkedTargets.cmake")

# All directories in which the users of a target find headers, without those of an install.
function(kswgd_include_directories target out)
  set(found "")
  kswgd_linked_targets(${target} targets)
  foreach(name IN LISTS targets)
    foreach(property IN ITEMS INTERFACE_INCLUDE_DIRECTORIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES)
      get_target_property(directories ${name} ${property})
      foreach(directory IN LISTS directories)
        string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" directory "${directory}")
        if(IS_DIRECTORY "${directory}")
          list(APPEND found "${directory}")
        endif()
      endforeach()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# The files of that name among these directories.
function(kswgd_headers name directories out)
  set(found "")
  foreach(directory IN LISTS directories)
    if(EXISTS "${directory}/${name}")
      get_filename_component(file "${directory}/${name}" REALPATH)
      list(APPEND found "${file}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# 40701 in `#define NAME 40701` as 4.7.1; empty where the header does not say.
function(kswgd_defined_version header name out)
  set(version "")
  file(STRINGS "${header}" line REGEX "^#define[ \t]+${name}[ \t]+[0-9]+" LIMIT_COUNT 1)
  if(line MATCHES "([0-9]+)[ \t]*$")
    math(EXPR major "${CMAKE_MATCH_1} / 10000")
    math(EXPR minor "${CMAKE_MATCH_1} / 100 % 100")
    math(EXPR patch "${CMAKE_MATCH_1} % 100")
    set(version "${major}.${minor}.${patch}")
  endif()
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

if(NOT TARGET Kokkos::kokkos)
  find_package(Kokkos REQUIRED)
endif()
set(KSWGD_KERNELS_TARGET "")
foreach(attempt IN ITEMS there found)
  foreach(target IN ITEMS Kokkos::kokkoskernels KokkosKernels::all_libs) # the latter alone: a Trilinos that brings them
    if(NOT KSWGD_KERNELS_TARGET AND TARGET ${target})
      set(KSWGD_KERNELS_TARGET ${target})
    endif()
  endforeach()
  if(NOT KSWGD_KERNELS_TARGET AND attempt STREQUAL "there")
    find_package(KokkosKernels REQUIRED)
  endif()
endforeach()
if(NOT TARGET Kokkos::kokkos OR NOT KSWGD_KERNELS_TARGET)
  message(FATAL_ERROR "kswgd: Kokkos (${Kokkos_DIR}) and Kokkos Kernels (${KokkosKernels_DIR}) were found, but not the targets Kokkos::kokkos and "
                      "Kokkos::kokkoskernels or KokkosKernels::all_libs. Set Kokkos_ROOT and KokkosKernels_ROOT to others.")
endif()

get_target_property(KSWGD_KOKKOS_IS_IMPORTED Kokkos::kokkos IMPORTED)
set(KSWGD_KOKKOS_OPTIONS "")
set(KSWGD_KOKKOS_ARCH "")
if(KSWGD_KOKKOS_IS_IMPORTED)
  set(KSWGD_KOKKOS_OPTIONS "${Kokkos_OPTIONS}")
  set(KSWGD_KOKKOS_ARCH "${Kokkos_ARCH}")
else()
  get_target_property(Kokkos_DIR Kokkos::kokkos SOURCE_DIR)
  set(Kokkos_VERSION "")
  set(Kokkos_DEVICES "")
endif()
get_target_property(imported ${KSWGD_KERNELS_TARGET} IMPORTED)
if(NOT imported)
  get_target_property(KokkosKernels_DIR ${KSWGD_KERNELS_TARGET} SOURCE_DIR)
  set(KokkosKernels_VERSION "")
endif()

# Those of Kokkos come first where both are used: two copies of different versions would be mixed.
kswgd_include_directories(Kokkos::kokkos directories)
kswgd_include_directories(${KSWGD_KERNELS_TARGET} more_directories)
list(APPEND directories ${more_directories})
kswgd_headers(KokkosCore_config.h "${directories}" headers)
foreach(header IN LISTS headers)
  kswgd_defined_version("${header}" KOKKOS_VERSION version)
  if(version AND NOT Kokkos_VERSION)
    set(Kokkos_VERSION "${version}")
  endif()
  if(version AND NOT version VERSION_EQUAL Kokkos_VERSION)
    message(FATAL_ERROR "kswgd: this project uses Kokkos ${Kokkos_VERSION} (${Kokkos_DIR}), but ${header} on its include path is of Kokkos ${version}: two "
                        "of them in one process do not work. Build Kokkos Kernels (${KokkosKernels_DIR}) with the former, or set Kokkos_ROOT to the latter.")
  endif()
endforeach()
if(headers AND NOT Kokkos_DEVICES)
  list(GET headers 0 header)
  foreach(device IN ITEMS CUDA HIP SYCL OPENMP THREADS SERIAL)
    file(STRINGS "${header}" line REGEX "^#define[ \t]+KOKKOS_ENABLE_${device}[ \t]*$" LIMIT_COUNT 1)
    if(line)
      list(APPEND Kokkos_DEVICES ${device})
    endif()
  endforeach()
endif()
kswgd_headers(KokkosKernels_config.h "${more_directories}" headers)
foreach(header IN LISTS headers)
  if(NOT KokkosKernels_VERSION)
    kswgd_defined_version("${header}" KOKKOSKERNELS_VERSION KokkosKernels_VERSION)
  endif()
endforeach()
