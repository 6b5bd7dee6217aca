// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <memory>
#include <string>
#include <vector>

/// @file
/// What an eigensolver needs of vectors, without Kokkos and without any solver's types: the seam between the device and
/// Trilinos. src/spectrum/anasazi.cpp sees this side, src/spectrum/anasazi_solver.cpp implements the other.

namespace kswgd::detail {

/// A block of column vectors, p x k, wherever they live. Small matrices are column-major on the host.
class BlockVectors {
 public:
  virtual ~BlockVectors() = default;

  virtual int length() const = 0;
  virtual int columns() const = 0;

  /// New vectors of the same length; what they hold is not defined.
  virtual std::unique_ptr<BlockVectors> create(int columns) const = 0;
  /// The contiguous columns [first, first + count), not copied: writes go through.
  virtual std::unique_ptr<BlockVectors> view(int first, int count) const = 0;

  /// this := from, column by column (as many as this has).
  virtual void assign(const BlockVectors& from) = 0;
  /// this := alpha a b + beta this, b is a.columns() x columns() with leading dimension ldb.
  virtual void multiply_add(double alpha, const BlockVectors& a, const double* b, int ldb, double beta) = 0;
  /// this := alpha a + beta b
  virtual void combine(double alpha, const BlockVectors& a, double beta, const BlockVectors& b) = 0;
  /// c := alpha a^T this, c is a.columns() x columns()
  virtual void transpose_multiply(double alpha, const BlockVectors& a, double* c, int ldc) const = 0;
  /// out[j] = a_j . this_j
  virtual void column_dots(const BlockVectors& a, double* out) const = 0;
  /// Scales column j by factors[j].
  virtual void scale(const double* factors) = 0;
  virtual void fill(double value) = 0;
  /// Fills with random numbers: the same at each run.
  virtual void randomise() = 0;
  /// image := S this
  virtual void apply_operator(BlockVectors& image) const = 0;
};

struct KrylovRequest {
  std::string method;  ///< "block-krylov-schur", "lobpcg", "block-davidson"
  int wanted = 1;
  int block_size = 4;
  int max_restarts = 60;
  double tolerance = 1e-9;
};

struct KrylovResult {
  std::vector<double> values;             ///< descending
  std::unique_ptr<BlockVectors> vectors;  ///< as many columns, orthonormal
  std::string failure;                    ///< what the solver threw, if it did
};

/// The largest eigenpairs of the operator behind `prototype` by Trilinos Anasazi, from the columns of `start`, or from
/// random vectors where it is null. May return fewer than wanted.
KrylovResult anasazi_largest(const BlockVectors& prototype, const KrylovRequest& request, const BlockVectors* start);

}  // namespace kswgd::detail
