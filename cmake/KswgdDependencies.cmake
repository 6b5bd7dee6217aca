# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Finds what the library is built on and says what was found; targets that the project has already are used as they are. A range of
# versions is asked for: `find_package(Kokkos 4.5)` alone would take any 5.x, and `find_package(HDF5 1.10)` no package of HDF5 2.

function(kswgd_check_version package found lowest below)
  if(found VERSION_LESS lowest OR (below AND NOT found VERSION_LESS below))
    set(range "at least ${lowest}")
    if(below)
      string(APPEND range " and below ${below}")
    endif()
    message(FATAL_ERROR "kswgd needs ${package} ${range}, found ${found} in ${${package}_DIR}. "
                        "Set ${package}_ROOT to another one, or let scripts/deps build it.")
  endif()
  message(STATUS "kswgd: ${package} ${found} (${${package}_DIR})")
endfunction()

include(KswgdKokkos)
kswgd_check_version(Kokkos "${Kokkos_VERSION}" 4.5 6)
if(KokkosKernels_VERSION)
  kswgd_check_version(KokkosKernels "${KokkosKernels_VERSION}" 4.4 "")
else()
  message(STATUS "kswgd: KokkosKernels, whose version is not stated (${KokkosKernels_DIR})")
endif()
message(STATUS "kswgd: Kokkos backends ${Kokkos_DEVICES}")

# Kokkos Kernels brings BLAS and LAPACK where it was built with them; otherwise the machine's own are found.
set(KSWGD_LAPACK_TARGETS "")
if(NOT TARGET KokkosKernels::LAPACK)
  find_package(LAPACK REQUIRED)
  set(KSWGD_LAPACK_TARGETS LAPACK::LAPACK)
endif()
if("CUDA" IN_LIST Kokkos_DEVICES)
  find_package(CUDAToolkit REQUIRED)
  set(KSWGD_CUDA_TARGETS CUDA::cublas CUDA::cusolver)
endif()

# Neighbours in local PCA; headers only, seen by one source file and not by those who use us.
if(TARGET nanoflann::nanoflann AND NOT KSWGD_NANOFLANN_INCLUDE_DIR)
  kswgd_include_directories(nanoflann::nanoflann directories)
  find_path(KSWGD_NANOFLANN_INCLUDE_DIR nanoflann.hpp PATHS ${directories} NO_DEFAULT_PATH)
endif()
find_path(KSWGD_NANOFLANN_INCLUDE_DIR nanoflann.hpp REQUIRED)
message(STATUS "kswgd: nanoflann (${KSWGD_NANOFLANN_INCLUDE_DIR})")

if(KSWGD_ENABLE_EIGEN)
  # Only Teuchos and Anasazi, and only where they were not built on another Kokkos: two of them in one process clash.
  find_package(Anasazi CONFIG REQUIRED)
  if(DEFINED Anasazi_VERSION AND Anasazi_VERSION)
    kswgd_check_version(Anasazi "${Anasazi_VERSION}" 13 "")
  endif()
endif()

if(KSWGD_ENABLE_MPI)
  if(NOT TARGET MPI::MPI_C)
    find_package(MPI 3 REQUIRED COMPONENTS C)
  endif()
  message(STATUS "kswgd: MPI ${MPI_C_VERSION} (${MPI_C_LIBRARIES})")
  set(HDF5_PREFER_PARALLEL ON)
endif()

if(KSWGD_ENABLE_IO)
  if(NOT TARGET HDF5::HDF5)
    find_package(HDF5 REQUIRED COMPONENTS C)
  endif()
  if(HDF5_VERSION)
    kswgd_check_version(HDF5 "${HDF5_VERSION}" 1.10 3)
  endif()
  # The headers of a parallel HDF5 include mpi.h, whether we use it or not.
  set(KSWGD_HDF5_TARGETS HDF5::HDF5)
  if(HDF5_IS_PARALLEL)
    if(NOT TARGET MPI::MPI_C)
      find_package(MPI REQUIRED COMPONENTS C)
    endif()
    list(APPEND KSWGD_HDF5_TARGETS MPI::MPI_C)
  endif()
endif()

if(KSWGD_ENABLE_PROGRAM)
  foreach(package IN ITEMS CLI11 fmt nlohmann_json)
    if(NOT TARGET ${package}::${package})
      find_package(${package} REQUIRED)
    endif()
  endforeach()
  # Fields on a plane, in one of the experiments. (FFTW's own package file names targets that Debian does not ship.)
  find_path(KSWGD_FFTW_INCLUDE_DIR fftw3.h REQUIRED)
  find_library(KSWGD_FFTW_LIBRARY fftw3 REQUIRED)
endif()
if(KSWGD_ENABLE_TESTS AND NOT TARGET GTest::gtest)
  find_package(GTest REQUIRED)
endif()
