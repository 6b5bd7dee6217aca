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
