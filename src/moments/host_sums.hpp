// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>

#include <string>
#include <vector>

// Sums on their way to the host, one array after the other, and back.
namespace kswgd::detail {

/// Appends copies.
template <class Exec>
class SumWriter {
 public:
  SumWriter(const Exec& exec, std::vector<HostMatrix>& arrays) : m_exec(exec), m_arrays(arrays) {}
  void matrix(const Matrix<Exec>& sums) {
    const HostMatrix copy("kswgd::sums::matrix", sums.extent(0), sums.extent(1));
    Kokkos::deep_copy(m_exec, copy, sums);
    m_exec.fence("kswgd::sums: the values are read on the host");
    m_arrays.push_back(copy);
  }
  void vector(const Vector<Exec>& sums) {
    const HostMatrix copy("kswgd::sums::vector", sums.extent(0), 1);
    Kokkos::deep_copy(Kokkos::subview(copy, Kokkos::ALL, 0), to_host(m_exec, sums));
    m_arrays.push_back(copy);
  }
  void number(double value) {
    const HostMatrix copy("kswgd::sums::number", 1, 1);
    copy(0, 0) = value;
    m_arrays.push_back(copy);
  }

 private:
  const Exec& m_exec;
  std::vector<HostMatrix>& m_arrays;
};

/// Takes them in the same order. Throws InvalidInput where an array is missing or has another size.
template <class Exec>
class SumReader {
 public:
  SumReader(const Exec& exec, const std::vector<HostMatrix>& arrays) : m_exec(exec), m_arrays(arrays) {}
  void matrix(const Matrix<Exec>& sums) {
    const HostMatrix& from = next(sums.extent(0), sums.extent(1));
    if (from.size() > 0) Kokkos::deep_copy(m_exec, sums, to_device(m_exec, from));
    m_exec.fence("kswgd::sums: the copy is freed");
  }
  void vector(const Vector<Exec>& sums) {
    const HostMatrix& from = next(sums.extent(0), 1);
    if (from.size() > 0) Kokkos::deep_copy(m_exec, sums, to_device(m_exec, std::vector<double>(from.data(), from.data() + from.size())));
    m_exec.fence("kswgd::sums: the copy is freed");
  }
  double number() { return next(1, 1)(0, 0); }
  /// Rows of the array that comes next; 0 where none does.
  std::size_t rows() const { return m_at < m_arrays.size() ? m_arrays[m_at].extent(0) : 0; }

 private:
  const HostMatrix& next(std::size_t rows, std::size_t columns) {
    require(m_at < m_arrays.size() && m_arrays[m_at].extent(0) == rows && m_arrays[m_at].extent(1) == columns, "sums", [&] {
      return "array " + std::to_string(m_at) + " of the sums must be " + std::to_string(rows) + " x " + std::to_string(columns) +
             ": they belong to another layout";
    });
    return m_arrays[m_at++];
  }

  const Exec& m_exec;
  const std::vector<HostMatrix>& m_arrays;
  std::size_t m_at = 0;
};

}  // namespace kswgd::detail
