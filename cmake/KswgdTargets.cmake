# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# kswgd_library(NAME SOURCES ... [PUBLIC ...] [PRIVATE ...]): the component kswgd::NAME.
function(kswgd_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(kswgd_${name} ${arg_SOURCES})
  add_library(kswgd::${name} ALIAS kswgd_${name})
  set_target_properties(kswgd_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(kswgd_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  set_property(GLOBAL APPEND PROPERTY KSWGD_COMPONENTS ${name})
endfunction()

# Warnings for our own sources, not for those who use us.
function(kswgd_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-ignored-attributes -Wno-psabi -Wno-restrict)
  endif()
endfunction()

# What the loops need to vectorise; results stay IEEE (no fast-math).
function(kswgd_hot_loops target)
  target_compile_options(${target} PRIVATE -fno-math-errno -fno-trapping-math)
endfunction()

# For what only arranges calls into the library (the program, the tests): a third of the compile time, and no loop that matters.
# Where less was asked for already (a check that all compiles) it stays.
function(kswgd_light_optimisation target)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND CMAKE_CXX_FLAGS_RELEASE MATCHES "-O[23]")
    target_compile_options(${target} PRIVATE "$<$<CONFIG:Release>:-O1>")
  endif()
endfunction()

# Sources of such a target that have loops after all. Precompiled headers serve one set of options: not these.
function(kswgd_full_optimisation)
  if(CMAKE_CXX_FLAGS_RELEASE MATCHES "-O[23]")
    set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
      COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>;-fno-math-errno;-fno-trapping-math")
  endif()
endfunction()

# kswgd_precompile(TARGET HEADERS...) or kswgd_precompile(TARGET REUSE OTHER): heavy headers are read once for a target. Each source
# still includes what it uses (scripts/check-includes, and the device compilers, which do not get along with precompiled headers).
function(kswgd_precompile target)
  if("CUDA" IN_LIST Kokkos_DEVICES OR "HIP" IN_LIST Kokkos_DEVICES)
    return()
  endif()
  if(ARGV1 STREQUAL "REUSE")
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
