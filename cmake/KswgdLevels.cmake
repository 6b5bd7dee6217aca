# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# One package for every x86-64 processor. All hot loops are in the component core: it is compiled for the baseline and once more for each higher level of the
# psABI (x86-64-v3: AVX2, FMA; x86-64-v4: AVX-512), whole, so that no object of one level meets one of another. As shared libraries the copies lie in
# glibc-hwcaps/x86-64-v3 and -v4 beside libkswgd_core.so, and the dynamic loader (glibc 2.33) takes the highest that the processor has. As static libraries they
# are the targets kswgd_core_x86-64-v3 and -v4, to be linked whole and first (python/).

include("${CMAKE_CURRENT_LIST_DIR}/KswgdLinkedTargets.cmake")

set(KSWGD_LEVELS v3 v4)

# Whoever asks for this wants a package that runs elsewhere: flags for the processor at hand would be in all of it.
function(kswgd_require_baseline)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    message(FATAL_ERROR "KSWGD_X86_64_LEVELS is for x86-64, and this is ${CMAKE_SYSTEM_PROCESSOR}")
  endif()
  set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_RELEASE}")
  kswgd_linked_targets(Kokkos::kokkos targets)
  foreach(name IN LISTS targets)
    get_target_property(options ${name} INTERFACE_COMPILE_OPTIONS)
    if(options)
      string(APPEND flags " ${options}")
    endif()
    get_target_property(type ${name} TYPE)
    if(BUILD_SHARED_LIBS AND type STREQUAL "STATIC_LIBRARY" AND name MATCHES "kokkoscore")
      message(FATAL_ERROR "KSWGD_X86_64_LEVELS with shared libraries needs a shared Kokkos, and that of ${Kokkos_DIR} is static: each library of ours would hold "
                          "one, and two of them in one process do not work. Build Kokkos and Kokkos Kernels with BUILD_SHARED_LIBS=ON.")
    endif()
  endforeach()
  if(flags MATCHES "-m(arch|cpu|avx|fma)[^; ]*")
    message(FATAL_ERROR "KSWGD_X86_64_LEVELS wants flags for any x86-64, and '${CMAKE_MATCH_0}' stands in CMAKE_CXX_FLAGS or comes with Kokkos (${Kokkos_DIR}): "
                        "build Kokkos without Kokkos_ARCH_*, as scripts/deps --portable does")
  endif()
endfunction()

# kswgd_copies_for_levels(SETTINGS): the copies of kswgd_core. SETTINGS(TARGET): a function that sets includes, options and what else kswgd_core has.
function(kswgd_copies_for_levels settings)
  kswgd_require_baseline()
  get_target_property(sources kswgd_core SOURCES)
  get_target_property(libraries kswgd_core LINK_LIBRARIES)
  if(NOT libraries)
    set(libraries "")
  endif()
  target_compile_options(kswgd_core PRIVATE -march=x86-64)
  foreach(level IN LISTS KSWGD_LEVELS)
    set(copy kswgd_core_x86-64-${level})
    add_library(${copy} ${sources})
    target_link_libraries(${copy} PRIVATE ${libraries})
    target_compile_options(${copy} PRIVATE -march=x86-64-${level})
    cmake_language(CALL ${settings} ${copy})
    set_target_properties(${copy} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(BUILD_SHARED_LIBS)
      set_target_properties(${copy} PROPERTIES OUTPUT_NAME kswgd_core INSTALL_RPATH "$ORIGIN/../.." INSTALL_RPATH_USE_LINK_PATH ON
        LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/glibc-hwcaps/x86-64-${level}")
      add_dependencies(kswgd_core ${copy})
      if(KSWGD_INSTALL)
        install(TARGETS ${copy} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/x86-64-${level}")
      endif()
    endif()
  endforeach()
endfunction()
