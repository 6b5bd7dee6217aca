// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/moments/fold_sums.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class FoldSumsOf : public ::testing::Test {};
TYPED_TEST_SUITE(FoldSumsOf, ExecutionSpaces);

constexpr Index rows = 100, features = 30;

/// Values and weighted forms by plain loops over the rows that `in` says.
struct SlowForms {
  HostMatrix gram, dirichlet, squares;
  double weight = 0;
};

template <class In>
SlowForms slow_forms(const GaussianDictionaryData& data, const HostPoints& x, const In& in) {
  SlowForms slow{HostMatrix("gram", features, features), HostMatrix("dirichlet", features, features), HostMatrix("squares", features, features)};
  std::vector<double> psi;
  std::vector<std::vector<double>> gradient;
  for (Index i = 0; i < rows; ++i) {
    if (!in(i)) continue;
    const double point[2] = {x(i, 0), x(i, 1)};
    slow_features(data, point, psi, gradient);
    ++slow.weight;
    for (std::size_t a = 0; a < features; ++a)
      for (std::size_t b = 0; b < features; ++b) {
        slow.gram(a, b) += psi[a] * psi[b];
        for (std::size_t k = 0; k < 2; ++k) slow.dirichlet(a, b) += gradient[a][k] * gradient[b][k];
        slow.squares(a, b) += 9 * psi[a] * psi[b];  // killing at the rate 9
      }
  }
  for (const auto& sums : {slow.gram, slow.dirichlet, slow.squares})
    for (std::size_t a = 0; a < features; ++a)
      for (std::size_t b = 0; b < features; ++b) sums(a, b) /= slow.weight;
  return slow;
}

HostMatrix sum(const HostMatrix& a, const HostMatrix& b) {
  const HostMatrix c("sum", a.extent(0), a.extent(1));
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t j = 0; j < a.extent(1); ++j) c(i, j) = a(i, j) + b(i, j);
  return c;
}

template <class Exec>
HostMatrix leading(const Matrix<Exec>& a, std::size_t p) {
  const auto host = on_host(a);
  const HostMatrix block("block", p, p);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) block(i, j) = host(i, j);
  return block;
}

/// Rows i with i mod 5 = fold, in a tile each; killing is added where it is asked for.
template <class Exec>
FoldSums<Exec> summed(const AnyDictionary<Exec>& dictionary, const HostPoints& x, FormSet forms) {
  const Exec exec;
  FoldSums<Exec> sums(exec, dictionary, features, forms);
  MomentTile<Exec> tile(exec, dictionary, rows / fold_count);
  for (int fold = 0; fold < fold_count; ++fold) {
    const HostPoints part("part", rows / fold_count, 2);
    for (Index i = 0; i < rows / fold_count; ++i)
      for (Index k = 0; k < 2; ++k) part(i, k) = x(i * fold_count + fold, k);
    const auto points = on_device<Exec>(part);
    tile.evaluate(exec, points, {}, static_cast<double>(rows / fold_count));
    sums.fold(fold).add(exec, tile);
    if (!forms.has(Form::killing)) continue;
    const auto psi = allocate<Matrix<Exec>>(exec, "psi", rows / fold_count, dictionary.size());
    dictionary.evaluate(exec, points, psi);
    const Index items = static_cast<Index>(psi.extent(0)), columns = static_cast<Index>(psi.extent(1));
    auto host = on_host(psi);
    for (Index i = 0; i < items; ++i)
      for (Index a = 0; a < columns; ++a) host(i, a) *= 3;  // the root of the rate
    sums.fold(fold).add_squares(exec, on_device<Exec>(host));
  }
  sums.close(exec);
  return sums;
}

TYPED_TEST(FoldSumsOf, AllDataAndAllButAFoldAreTheirOwnAverages) {
  const TypeParam exec;
  const auto data = small_dictionary(2, true, 30);
  const AnyDictionary<TypeParam> dictionary = GaussianDictionary<TypeParam>(exec, data);
  const auto x = cloud(rows, {0, 0}, 1, 2);
  const auto sums = summed(dictionary, x, FormSet{Form::dirichlet});
  const auto forms = sums.forms(exec);
  const auto all = slow_forms(data, x, [](Index) { return true; });
  EXPECT_TRUE(same(forms.all.gram, all.gram, 1e-12, 1e-14));
  EXPECT_TRUE(same(forms.all.form, all.dirichlet, 1e-11, 1e-13));
  for (int fold = 0; fold < fold_count; ++fold) {
    const auto without = forms.without(exec, fold, 20);
    const auto slow = slow_forms(data, x, [fold](Index i) { return i % fold_count != fold; });
    EXPECT_EQ(without.weight, slow.weight);
    EXPECT_TRUE(same(without.gram, leading<Kokkos::DefaultHostExecutionSpace>(slow.gram, 20), 1e-11, 1e-13));
    EXPECT_TRUE(same(without.form, leading<Kokkos::DefaultHostExecutionSpace>(slow.dirichlet, 20), 1e-10, 1e-12));
  }
}

TYPED_TEST(FoldSumsOf, KillingStandsBesideTheDirichletForm) {
  const TypeParam exec;
  const auto data = small_dictionary(2, true, 30);
  const AnyDictionary<TypeParam> dictionary = GaussianDictionary<TypeParam>(exec, data);
  const auto x = cloud(rows, {0, 0}, 1, 3);
  const auto sums = summed(dictionary, x, FormSet{Form::dirichlet, Form::killing});
  const auto slow = slow_forms(data, x, [](Index) { return true; });
  EXPECT_TRUE(same(sums.forms(exec).all.form, sum(slow.dirichlet, slow.squares), 1e-11, 1e-13));
  const auto part = slow_forms(data, x, [](Index i) { return i % fold_count != 2; });
  EXPECT_TRUE(same(sums.forms(exec).without(exec, 2, features).form, sum(part.dirichlet, part.squares), 1e-10, 1e-12));
  // In place of the Dirichlet form, where that is not among the forms.
  const auto metric = summed(dictionary, x, FormSet{Form::metric, Form::killing});
  EXPECT_TRUE(same(metric.forms(exec).all.form, slow.squares, 1e-11, 1e-13));
}

TYPED_TEST(FoldSumsOf, PairsGiveTheMeanGramMatrixAndTheSymmetricCorrelation) {
  const TypeParam exec;
  const auto data = small_dictionary(2, true, 30);
  const AnyDictionary<TypeParam> dictionary = GaussianDictionary<TypeParam>(exec, data);
  const auto x = cloud(rows, {0, 0}, 1, 4), y = cloud(rows, {1, 0}, 1, 5);
  FoldSums<TypeParam> sums(exec, dictionary, dictionary.size(), FormSet{Form::correlation});
  const auto px = allocate<Matrix<TypeParam>>(exec, "px", rows, dictionary.size()), py = allocate<Matrix<TypeParam>>(exec, "py", rows, dictionary.size());
  dictionary.evaluate(exec, on_device<TypeParam>(x), px);
  dictionary.evaluate(exec, on_device<TypeParam>(y), py);
  sums.fold(1).add_pairs(exec, rows, px, py);
  sums.close(exec);
  const auto hx = on_host(px), hy = on_host(py);
  const auto p = hx.extent(1);
  const HostMatrix gram("gram", p, p), form("form", p, p);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t a = 0; a < p; ++a)
      for (std::size_t b = 0; b < p; ++b) {
        gram(a, b) += (hx(i, a) * hx(i, b) + hy(i, a) * hy(i, b)) / 2 / rows;
        form(a, b) += (hx(i, a) * hy(i, b) + hy(i, a) * hx(i, b)) / 2 / rows;
      }
  const auto forms = sums.forms(exec);
  EXPECT_EQ(forms.all.weight, rows);
  EXPECT_TRUE(same(forms.all.gram, gram, 1e-12, 1e-14));
  EXPECT_TRUE(same(forms.all.form, form, 1e-12, 1e-14));
}

}  // namespace
