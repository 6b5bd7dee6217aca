// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// @file
/// The memory that a dictionary works in. Dictionaries are constant, so that many callers may use one at a time; what they need
/// beside their result comes from the caller, who keeps it from call to call.

namespace kswgd {

/// Arrays by name, made when they are first asked for and grown when they must be, never shrunk.
///
/// One thread and one instance at a time. Who calls again and again owns one: a flow, a tile of moments. Where a dictionary calls
/// another, both may use the same workspace as long as their arrays have different names.
template <ExecutionSpace Exec>
class Workspace {
 public:
  Workspace() = default;
  Workspace(Workspace&& other) noexcept : m_slots(std::move(other.m_slots)), m_last(std::exchange(other.m_last, std::nullopt)) {}
  Workspace& operator=(Workspace&& other) noexcept {
    Workspace taken(std::move(other));  // what this one had is freed with it
    m_slots.swap(taken.m_slots);
    m_last.swap(taken.m_last);
    return *this;
  }
  /// Waits for the work that uses the arrays.
  ~Workspace() {
    if (m_last) m_last->fence("kswgd::Workspace: its arrays are freed");
  }

  /// The array `name` ("function::array", as in allocate), rows x columns, contiguous. Its values are not defined. It is good until
  /// the same name is asked for again.
  template <class T = double>
  Matrix<Exec, T> matrix(const Exec& exec, const std::string& name, Index rows, Index columns) {
    return Matrix<Exec, T>(static_cast<T*>(bytes(exec, name, rows * columns * static_cast<Index>(sizeof(T)))), static_cast<std::size_t>(rows),
                           static_cast<std::size_t>(columns));
  }
  template <class T = double>
  Vector<Exec, T> vector(const Exec& exec, const std::string& name, Index count) {
    return Vector<Exec, T>(static_cast<T*>(bytes(exec, name, count * static_cast<Index>(sizeof(T)))), static_cast<std::size_t>(count));
  }

 private:
  struct Slot {
    std::string name;
    Vector<Exec> memory;
  };
  void* bytes(const Exec& exec, const std::string& name, Index wanted) {
    Slot* slot = nullptr;
    for (Slot& known : m_slots)
      if (known.name == name) slot = &known;
    if (!slot) slot = &m_slots.emplace_back(Slot{name, {}});
    const Index count = (wanted + static_cast<Index>(sizeof(double)) - 1) / static_cast<Index>(sizeof(double));
    if (static_cast<Index>(slot->memory.extent(0)) < count) {
      if (slot->memory.extent(0) > 0) exec.fence("kswgd::Workspace: an array is replaced by a larger one");
      slot->memory = {};  // first, so that the two are never there together
      slot->memory = allocate<Vector<Exec>>(exec, name, count);
    }
    m_last = exec;
    return slot->memory.data();
  }

  std::vector<Slot> m_slots;
  std::optional<Exec> m_last;
};

/// A parameter that takes the caller's workspace, or stands for one that lives as long as the call: for single calls.
template <ExecutionSpace Exec>
class WorkspaceOrOwn {
 public:
  WorkspaceOrOwn() : m_used(&m_own) {}
  WorkspaceOrOwn(Workspace<Exec>& lent) : m_used(&lent) {}
  WorkspaceOrOwn(const WorkspaceOrOwn&) = delete;
  WorkspaceOrOwn& operator=(const WorkspaceOrOwn&) = delete;

  Workspace<Exec>& operator*() const { return *m_used; }
  Workspace<Exec>* operator->() const { return m_used; }

 private:
  Workspace<Exec> m_own;
  Workspace<Exec>* m_used;
};

}  // namespace kswgd
