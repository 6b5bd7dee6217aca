// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <nanobind/nanobind.h>

#include <Kokkos_Core.hpp>
#include <functional>
#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>
#include <mutex>

// Kokkos in a Python process: begun by the first work, ended when the interpreter ends; one thread computes at a time.
namespace kswgd::python {

namespace nb = nanobind;
using Exec = Kokkos::DefaultExecutionSpace;

/// While one lives the GIL is released, Kokkos runs, and no other Python thread computes. Throws Failure after the end of Kokkos, and in a
/// process that was forked from one that had computed: OpenMP's threads do not come along.
class Work {
 public:
  Work();

 private:
  nb::gil_scoped_release m_released;
  std::unique_lock<std::recursive_mutex> m_turn;
};

/// What holds memory of Kokkos and lives as long as a Python object: emptied before Kokkos ends.
class Kept {
 public:
  Kept();
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  virtual ~Kept();
  virtual void release() = 0;
};

/// Hears how far work has come, and lets Ctrl-C end it: for the progress and observers of the library.
class Progress {
 public:
  /// callback: a callable (stage, done in [0, 1] or -1), or None.
  explicit Progress(nb::object callback) : m_callback(std::move(callback)) {}
  /// Takes the GIL. Throws what a signal handler or the callback raised.
  void operator()(const char* stage, double done) const;
  std::function<void(const char*, double)> function() const {
    return [this](const char* stage, double done) { (*this)(stage, done); };
  }

 private:
  nb::object m_callback;
};

void bind_runtime(nb::module_& module);
void bind_rows(nb::module_& module);
void bind_model(nb::module_& module);
void bind_fit(nb::module_& module);
void bind_kinetics(nb::module_& module);
void bind_metrics(nb::module_& module);
void bind_systems(nb::module_& module);

}  // namespace kswgd::python
