# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# The package: one export set for each component, so that find_package(kswgd COMPONENTS core) asks for nothing that core
# does not need.
get_property(KSWGD_COMPONENTS GLOBAL PROPERTY KSWGD_COMPONENTS)
set(config_folder "${CMAKE_INSTALL_LIBDIR}/cmake/kswgd")

foreach(component IN LISTS KSWGD_COMPONENTS)
  if(BUILD_SHARED_LIBS)
    set_target_properties(kswgd_${component} PROPERTIES INSTALL_RPATH "$ORIGIN" INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
  install(TARGETS kswgd_${component} EXPORT kswgd_${component}_targets
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT kswgd_${component}_targets NAMESPACE kswgd:: FILE kswgd-${component}.cmake DESTINATION "${config_folder}")
  if(KSWGD_KOKKOS_IS_IMPORTED) # the build tree of a project that builds Kokkos is no package
    export(EXPORT kswgd_${component}_targets NAMESPACE kswgd:: FILE "${PROJECT_BINARY_DIR}/kswgd-${component}.cmake")
  endif()
endforeach()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/kswgd" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_BINARY_DIR}/include/kswgd/version.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/kswgd")
if(KSWGD_ENABLE_PROGRAM)
  if(BUILD_SHARED_LIBS)
    file(RELATIVE_PATH from_program "/prefix/${CMAKE_INSTALL_BINDIR}" "/prefix/${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(kswgd_program PROPERTIES INSTALL_RPATH "$ORIGIN/${from_program}" INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
  install(TARGETS kswgd_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/kswgdConfig.cmake.in" "${PROJECT_BINARY_DIR}/kswgdConfig.cmake"
                              INSTALL_DESTINATION "${config_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/kswgdConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/kswgdConfig.cmake" "${PROJECT_BINARY_DIR}/kswgdConfigVersion.cmake" DESTINATION "${config_folder}")

# A file for environment modules (Tcl: Lmod reads it, too): module use PREFIX/share/modulefiles, module load kswgd. It finds the prefix from where it lies.
configure_file("${PROJECT_SOURCE_DIR}/packaging/modulefile.in" "${PROJECT_BINARY_DIR}/modulefile" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/modulefile" DESTINATION "${CMAKE_INSTALL_DATADIR}/modulefiles/kswgd" RENAME "${PROJECT_VERSION}")
