// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime.hpp"

#include <kswgd/algebra/blas_kernels.hpp>
#include <kswgd/version.hpp>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>
#include <unistd.h>
#include <vector>

namespace kswgd::python {
namespace {

/// What the process holds. Never destroyed: Python objects may outlive static ones.
struct Runtime {
  std::recursive_mutex turn, kept_mutex;
  std::vector<Kept*> kept;
  pid_t begun_by = 0;  // the process that began Kokkos
  bool ended = false;
};

Runtime& runtime() {
  static auto* const the = new Runtime;
  return *the;
}

void begin() {
  Runtime& state = runtime();
  if (state.ended) throw Failure("kswgd has ended with the interpreter");
  if (state.begun_by == 0) {
    Kokkos::initialize(Kokkos::InitializationSettings().set_disable_warnings(true));
    state.begun_by = getpid();
  } else if (state.begun_by != getpid() && Exec().concurrency() > 1) {
    throw Failure(
        "this process was forked from one that had computed with kswgd, and the threads did not come along: start it by 'spawn' "
        "(multiprocessing.get_context('spawn'), joblib's loky), or fork before the first call");
  }
}

/// Called when the interpreter ends.
void end() {
  Runtime& state = runtime();
  const std::unique_lock turn(state.turn, std::try_to_lock);
  if (!turn || state.ended || state.begun_by != getpid()) return;  // a thread computes still, or there is nothing to end
  {
    const std::lock_guard lock(state.kept_mutex);
    for (Kept* kept : state.kept) kept->release();
  }
  state.ended = true;
  Kokkos::finalize();
}

/// The program names itself, the library its functions.
std::string without_prefix(std::string what) {
  const std::string prefix = "kswgd::";
  if (what.rfind(prefix, 0) == 0) what = what.substr(prefix.size());
  return what;
}

PyObject* invalid_input = nullptr;
PyObject* failure = nullptr;

void translate(const std::exception_ptr& error, void*) {
  try {
    std::rethrow_exception(error);
  } catch (const InvalidInput& e) {
    PyErr_SetString(invalid_input, without_prefix(e.what()).c_str());
  } catch (const Failure& e) {
    PyErr_SetString(failure, without_prefix(e.what()).c_str());
  }
}

int threads() {
  const Work work;
  return Exec().concurrency();
}

}  // namespace

Work::Work() : m_turn(runtime().turn) { begin(); }

Kept::Kept() {
  const std::lock_guard lock(runtime().kept_mutex);
  runtime().kept.push_back(this);
}

Kept::~Kept() {
  const std::lock_guard lock(runtime().kept_mutex);
  auto& kept = runtime().kept;
  kept.erase(std::remove(kept.begin(), kept.end(), this), kept.end());
}

void Progress::operator()(const char* stage, double done) const {
  const nb::gil_scoped_acquire acquired;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
  if (!m_callback.is_none()) m_callback(stage, done);
}

void bind_runtime(nb::module_& module) {
  const auto exception = [&](const char* name, PyObject* base, const char* text) {
    PyObject* type = PyErr_NewExceptionWithDoc((std::string("kswgd.") + name).c_str(), text, base, nullptr);
    if (!type) throw nb::python_error();
    module.attr(name) = nb::borrow(type);
    return type;  // kept for ever
  };
  invalid_input = exception("InvalidInput", PyExc_ValueError, "The input cannot be used: the program would exit with 2.");
  failure = exception("Failure", PyExc_RuntimeError, "The input was usable, and the work failed: the program would exit with 1.");
  nb::register_exception_translator(translate);
  module.attr("__version__") = version();
  module.def("git_hash", [] { return std::string(git_hash()); });
  module.def("backend", [] { return std::string(Exec::name()); });
  module.def("threads", threads);
  module.def("blas_kernels", [] { return algebra::blas_kernels(); });
  module.def("wider_blas_kernels", [] { return algebra::wider_blas_kernels(); });
  module.def("end", end);
}

}  // namespace kswgd::python

NB_MODULE(_core, module) {
  using namespace kswgd::python;
  nb::set_leak_warnings(false);
  bind_runtime(module);
  bind_rows(module);
  bind_model(module);
  bind_fit(module);
  bind_kinetics(module);
  bind_metrics(module);
  bind_systems(module);
}
