# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import pathlib

from spack_repo.builtin.build_systems.cmake import CMakePackage
from spack_repo.builtin.build_systems.cuda import CudaPackage
from spack_repo.builtin.build_systems.rocm import ROCmPackage

from spack.package import *


class Kswgd(CMakePackage, CudaPackage, ROCmPackage):
    """From trajectories or samples of an unknown law to new samples of it:
    Koopman Spectral Wasserstein Gradient Descent on Kokkos."""

    license("Apache-2.0 WITH LLVM-exception")

    # The checkout that this recipe stands in. For what is not committed there:
    # spack develop --path CHECKOUT kswgd@main in an environment.
    git = pathlib.Path(__file__).resolve().parents[6].as_uri()

    version("main", branch="main")

    variant("openmp", default=True, description="threads on the host")
    variant("mpi", default=False, description="rows and particles over MPI ranks (kswgd::mpi)")
    variant("eigen", default=True, description="eigenpairs by Trilinos Anasazi (kswgd::eigen)")
    variant("io", default=True, description="files in HDF5, .npy and text (kswgd::io)")
    variant("program", default=True, description="the program kswgd")
    variant("python", default=False, description="what pip install of the Python package needs")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")

    depends_on("kokkos@4.5:5")
    depends_on("kokkos-kernels@4.4:")
    depends_on("kokkos +openmp", when="+openmp")
    depends_on("kokkos ~openmp", when="~openmp")
    for arch in CudaPackage.cuda_arch_values:
        depends_on(f"kokkos +cuda cuda_arch={arch}", when=f"+cuda cuda_arch={arch}")
        depends_on(
            f"kokkos-kernels +cuda +cublas +cusolver +cusparse cuda_arch={arch}",
            when=f"+cuda cuda_arch={arch}",
        )
    for target in ROCmPackage.amdgpu_targets:
        depends_on(f"kokkos +rocm amdgpu_target={target}", when=f"+rocm amdgpu_target={target}")

    depends_on("blas")
    depends_on("lapack")
    depends_on("openblas threads=openmp", when="+openmp ^[virtuals=blas] openblas")
    depends_on("nanoflann", type="build")
    # Teuchos and Anasazi alone: with a Kokkos of its own Trilinos would clash with ours.
    depends_on(
        "trilinos@13: +anasazi ~kokkos ~mpi ~amesos ~amesos2 ~aztec ~belos ~epetra ~epetraext"
        " ~ifpack ~ifpack2 ~ml ~muelu ~sacado ~tpetra",
        when="+eigen",
    )
    depends_on("hdf5@1.10:2", when="+io")
    depends_on("hdf5 +mpi", when="+io +mpi")
    depends_on("hdf5 ~mpi", when="+io ~mpi")
    depends_on("mpi@3:", when="+mpi")
    depends_on("cli11", type="build", when="+program")
    depends_on("fmt", when="+program")
    depends_on("nlohmann-json", type="build", when="+program")
    depends_on("fftw ~mpi precision=double", when="+program")
    depends_on("googletest", type="test")
    depends_on("python@3.9:", type=("build", "run"), when="+python")
    depends_on("py-nanobind@2.4:", type="build", when="+python")
    depends_on("py-scikit-build-core@0.10:", type="build", when="+python")
    depends_on("py-numpy@1.22:", type=("build", "run"), when="+python")

    conflicts("+cuda", when="cuda_arch=none")
    conflicts("%gcc@:11", msg="C++20 as GCC 12 has it")
    conflicts("%clang@:13", msg="C++20 as Clang 14 has it")
    conflicts("+program", when="~io", msg="the program reads and writes files")
    conflicts("+cuda", when="+rocm", msg="one kind of device at a time")

    def cmake_args(self):
        options = [
            self.define("BLAS_LIBRARIES", self.spec["blas"].libs.joined(";")),
            self.define("LAPACK_LIBRARIES", self.spec["lapack"].libs.joined(";")),
            self.define_from_variant("KSWGD_ENABLE_EIGEN", "eigen"),
            self.define_from_variant("KSWGD_ENABLE_IO", "io"),
            self.define_from_variant("KSWGD_ENABLE_MPI", "mpi"),
            self.define_from_variant("KSWGD_ENABLE_PROGRAM", "program"),
            self.define("KSWGD_ENABLE_TESTS", self.run_tests),
            self.define("KSWGD_ENABLE_EXAMPLES", self.run_tests),
            self.define("KSWGD_ENABLE_BENCHMARKS", False),
        ]
        if self.spec.satisfies("+cuda"):
            options.append(self.define("CMAKE_CXX_COMPILER", self["kokkos"].kokkos_cxx))
        if self.spec.satisfies("+rocm"):
            options.append(self.define("CMAKE_CXX_COMPILER", self.spec["hip"].hipcc))
        return options

    def setup_run_environment(self, env: EnvironmentModifications) -> None:
        env.set("kswgd_ROOT", self.prefix)
