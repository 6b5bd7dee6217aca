// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "gather.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>

namespace kswgd {
namespace {

/// Two 64-bit hashes of a row, which together never agree by chance.
using RowHash = std::pair<std::uint64_t, std::uint64_t>;

/// The finaliser of MurmurHash3 (Appleby): every bit of the input reaches every bit of the output.
KOKKOS_INLINE_FUNCTION std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdU;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53U;
  return x ^ (x >> 33);
}

/// hash(i, 0..1) of row i; counts the numbers that are not finite.
template <class Exec>
struct HashKernel {
  Points<Exec> x;
  Kokkos::View<std::uint64_t* [2], Kokkos::LayoutLeft, typename Exec::memory_space> hash;
  KOKKOS_FUNCTION void operator()(Index i, Index& bad) const {
    std::uint64_t one = 0x9e3779b97f4a7c15U, two = 0x6a09e667f3bcc909U;
    for (Index k = 0; k < static_cast<Index>(x.extent(1)); ++k) {
      bad += Kokkos::isfinite(x(i, k)) ? 0 : 1;
      const auto bits = Kokkos::bit_cast<std::uint64_t>(x(i, k) + 0.0);  // -0 + 0 is 0
      one = mix(one ^ bits) + 0x9e3779b97f4a7c15U;
      two = mix(two + bits) ^ (two << 1);
    }
    hash(i, 0) = one;
    hash(i, 1) = two;
  }
};

/// Names the first coordinate of a tile that is not finite; `first`: the number of its first row.
template <class Exec>
void refuse_not_finite(const Exec& exec, Index first, Index count, const Points<Exec>& x) {
  const auto host = to_host(exec, x);
  for (Index i = 0; i < count; ++i)
    for (std::size_t k = 0; k < host.extent(1); ++k)
      require(std::isfinite(host(i, k)), "fit", [&] {
        return "the data must be finite, but row " + std::to_string(first + i) + ", column " + std::to_string(k) + " is " + std::to_string(host(i, k));
      });
}

/// body(row, its hash) for the rows on this rank, in order. Where `finite`, a row that is not is refused.
template <class Exec, class Body>
void walk_hashes(const Exec& exec, const DataSet<Exec>& data, bool finite, const Body& body) {
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto hash = allocate<decltype(HashKernel<Exec>::hash)>(exec, "count_rows::hash", count);
    Index bad = 0;
    Kokkos::parallel_reduce("kswgd::count_rows::hash", index_range(exec, count), HashKernel<Exec>{x, hash}, bad);
    if (finite && bad > 0) refuse_not_finite(exec, first, count, x);
    const auto host = to_host(exec, hash);
    for (Index i = 0; i < count; ++i) body(first + i, RowHash(host(i, 0), host(i, 1)));
  });
}

/// Of the rows on this rank.
template <class Exec>
std::vector<RowHash> hashes(const Exec& exec, const DataSet<Exec>& data, bool finite = false) {
  std::vector<RowHash> result;
  result.reserve(static_cast<std::size_t>(data.here().second - data.here().first));
  walk_hashes(exec, data, finite, [&](Index, const RowHash& hash) { result.push_back(hash); });
  return result;
}

struct HashedRow {
  RowHash hash;
  Index row;
  double weight;
};

bool comes_before(const HashedRow& a, const HashedRow& b) { return a.hash != b.hash ? a.hash < b.hash : a.row < b.row; }

/// The first 52 bits of a hash, which doubles hold exactly: they ascend with the hash.
constexpr int key_bits = 52;
std::uint64_t key_of(const RowHash& hash) { return hash.first >> (64 - key_bits); }

/// So many things of all ranks are told at once, or about as many: hashes are spread evenly.
constexpr Index told_at_once = Index{1} << 20;

/// Things that ranks hold, ascending by their keys, are told to all, stretch by stretch of the keys. body(mine, told, ends): the things [mine.first,
/// mine.second) of this rank are in the stretch; put(i, out) has written `width` numbers of each, and told has those of all ranks, rank r's up to its
/// ends[r]-th thing.
template <class Key, class Put, class Body>
void tell_by_stretches(Index count, Index width, const Reduction& ranks, const Key& key, const Put& put, const Body& body) {
  const auto total = static_cast<Index>(ranks.sum(static_cast<double>(count)));
  const Index stretches = (total + told_at_once - 1) / told_at_once;
  Span mine{0, 0};
  for (Index stretch = 0; stretch < stretches; ++stretch) {
    const double bound = std::ldexp(static_cast<double>(stretch + 1) / static_cast<double>(stretches), key_bits);
    while (mine.second < count && (stretch + 1 == stretches || static_cast<double>(key(mine.second)) < bound)) ++mine.second;
    std::vector<double> held(static_cast<std::size_t>(ranks.size()), 0.0);
    held[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(mine.second - mine.first);
    ranks.sum(held);
    std::vector<Index> ends;
    for (const double one : held) ends.push_back((ends.empty() ? 0 : ends.back()) + static_cast<Index>(one));
    std::vector<double> told(static_cast<std::size_t>(width * ends.back()), 0.0);
    double* out = told.data() + width * (ends[static_cast<std::size_t>(ranks.rank())] - (mine.second - mine.first));
    for (Index i = mine.first; i < mine.second; ++i, out += width) put(i, out);
    ranks.sum(told);
    body(mine, told, ends);
    mine.first = mine.second;
  }
}

/// Of the keys of this rank's rows those that others have too, on this rank or another, ascending; each once. 8 bytes for each row here, 16 MB beside.
std::vector<std::uint64_t> shared_keys(std::vector<std::uint64_t> keys, const Reduction& ranks) {
  std::sort(keys.begin(), keys.end());
  std::vector<std::uint64_t> shared;
  for (std::size_t i = 1; i < keys.size(); ++i)
    if (keys[i] == keys[i - 1] && (shared.empty() || shared.back() != keys[i])) shared.push_back(keys[i]);
  if (ranks.is_alone()) return shared;
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  const auto key = [&](Index i) { return keys[static_cast<std::size_t>(i)]; };
  const auto put = [&](Index i, double* out) { *out = static_cast<double>(key(i)); };
  tell_by_stretches(static_cast<Index>(keys.size()), 1, ranks, key, put, [&](Span mine, const std::vector<double>& told, const std::vector<Index>& ends) {
    for (std::size_t rank = 0; rank < ends.size(); ++rank) {
      if (static_cast<int>(rank) == ranks.rank()) continue;
      std::set_intersection(keys.begin() + mine.first, keys.begin() + mine.second, told.begin() + (rank > 0 ? ends[rank - 1] : 0), told.begin() + ends[rank],
                            std::back_inserter(shared), [](auto one, auto other) { return static_cast<double>(one) < static_cast<double>(other); });
    }
  });
  std::sort(shared.begin(), shared.end());
  shared.erase(std::unique(shared.begin(), shared.end()), shared.end());
  return shared;
}

/// The rows here whose hash begins as that of another does, in order. Two walks where there are some, else one.
template <class Exec>
std::vector<HashedRow> rows_that_repeat(const Exec& exec, const DataSet<Exec>& data, bool finite) {
  std::vector<std::uint64_t> keys;
  keys.reserve(static_cast<std::size_t>(data.here().second - data.here().first));
  walk_hashes(exec, data, finite, [&](Index, const RowHash& hash) { keys.push_back(key_of(hash)); });
  const std::vector<std::uint64_t> shared = shared_keys(std::move(keys), data.ranks());
  std::vector<HashedRow> rows;
  if (shared.empty()) return rows;
  walk_hashes(exec, data, false, [&](Index row, const RowHash& hash) {
    if (std::binary_search(shared.begin(), shared.end(), key_of(hash))) rows.push_back({hash, row, data.weight(row)});
  });
  std::sort(rows.begin(), rows.end(), comes_before);
  return rows;
}

/// Equal rows: the first of them, the weight of all, how many they are and how many have weight.
struct EqualRows {
  HashedRow first;
  double count = 0, counting = 0;
};

/// Adds to the last of `groups` what is equal to it, or begins another.
void add_to_groups(std::vector<EqualRows>& groups, const EqualRows& more) {
  if (groups.empty() || groups.back().first.hash != more.first.hash) return groups.push_back(more);
  groups.back().first.weight += more.first.weight;
  groups.back().count += more.count;
  groups.back().counting += more.counting;
}

/// What becomes of the rows on this rank that are equal to others.
struct FirstRows {
  std::vector<std::pair<Index, double>> rows;  // the first of equal ones, with the weight of all
  std::vector<Index> others;                   // those that repeat one of them
  double repeated = 0;                         // of the firsts here, rows with weight beside the first

  void add(const EqualRows& group) {
    rows.emplace_back(group.first.row, group.first.weight);
    repeated += std::max(0.0, group.counting - 1);
  }
};

/// The groups of all ranks, a stretch of hashes at a time, so that each knows which of its own begin on another rank.
void compare_with_ranks(const std::vector<EqualRows>& groups, const Reduction& ranks, FirstRows& result) {
  constexpr Index width = 8;  // hashes as four numbers of 32 bits, which doubles hold exactly
  const auto here = [&](Index i) -> const EqualRows& { return groups[static_cast<std::size_t>(i)]; };
  const auto put = [&](Index i, double* out) {
    for (const std::uint64_t half : {here(i).first.hash.first, here(i).first.hash.second}) {
      *out++ = static_cast<double>(half >> 32);
      *out++ = static_cast<double>(half & 0xffffffffU);
    }
    *out++ = static_cast<double>(here(i).first.row);
    *out++ = here(i).first.weight;
    *out++ = here(i).count;
    *out = here(i).counting;
  };
  const auto whole = [](const double* halves) { return static_cast<std::uint64_t>(halves[0]) << 32 | static_cast<std::uint64_t>(halves[1]); };
  tell_by_stretches(
      static_cast<Index>(groups.size()), width, ranks, [&](Index i) { return key_of(here(i).first.hash); }, put,
      [&](Span mine, const std::vector<double>& told, const std::vector<Index>& ends) {
        std::vector<EqualRows> all, merged;
        all.reserve(static_cast<std::size_t>(ends.back()));
        for (const double* in = told.data(); in != told.data() + told.size(); in += width)
          all.push_back({{{whole(in), whole(in + 2)}, static_cast<Index>(in[4]), in[5]}, in[6], in[7]});
        std::sort(all.begin(), all.end(), [](const EqualRows& a, const EqualRows& b) { return comes_before(a.first, b.first); });
        for (const EqualRows& group : all) add_to_groups(merged, group);
        auto group = merged.begin();
        for (Index i = mine.first; i < mine.second; ++i) {  // both ascend, and each of these is among them
          while (group->first.hash != here(i).first.hash) ++group;
          if (group->first.row == here(i).first.row)
            result.add(*group);
          else
            result.others.push_back(here(i).first.row);
        }
      });
}

template <class Exec>
FirstRows first_rows(const Exec& exec, const DataSet<Exec>& data, bool finite) {
  FirstRows result;
  std::vector<EqualRows> groups;
  for (const HashedRow& row : rows_that_repeat(exec, data, finite)) {
    if (!groups.empty() && groups.back().first.hash == row.hash) result.others.push_back(row.row);
    add_to_groups(groups, {row, 1, row.weight > 0 ? 1.0 : 0.0});
  }
  if (!data.ranks().is_alone())
    compare_with_ranks(groups, data.ranks(), result);
  else
    for (const EqualRows& group : groups) result.add(group);
  return result;
}

/// Where the `count` rows of this rank begin among those of all, and how many these are.
Span place_of(Index count, const Reduction& ranks) {
  std::vector<double> counts(static_cast<std::size_t>(ranks.size()), 0.0);
  counts[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(count);
  ranks.sum(counts);
  return {static_cast<Index>(std::accumulate(counts.begin(), counts.begin() + ranks.rank(), 0.0)),
          static_cast<Index>(std::accumulate(counts.begin(), counts.end(), 0.0))};
}

/// Which of this rank's rows, from `begin` on, are picked: those listed (ascending), or all but those listed.
class Picks {
 public:
  static Picks these(std::vector<Index> rows) { return {std::move(rows), 0, 0, false}; }
  static Picks all_but(std::vector<Index> rows, Index begin, Index end) { return {std::move(rows), begin, end, true}; }

  Index count() const { return m_others ? m_end - m_begin - listed() : listed(); }
  /// The row that is the place-th of those picked.
  Index row(Index place) const {
    if (!m_others) return m_rows[static_cast<std::size_t>(place)];
    return m_begin + place + (std::upper_bound(m_less_place.begin(), m_less_place.end(), m_begin + place) - m_less_place.begin());
  }
  /// How many picked rows come before this one.
  Index before(Index row) const {
    const Index listed_before = std::lower_bound(m_rows.begin(), m_rows.end(), row) - m_rows.begin();
    return m_others ? row - m_begin - listed_before : listed_before;
  }

 private:
  Picks(std::vector<Index> rows, Index begin, Index end, bool others) : m_rows(std::move(rows)), m_begin(begin), m_end(end), m_others(others) {
    for (std::size_t i = 0; m_others && i < m_rows.size(); ++i) m_less_place.push_back(m_rows[i] - static_cast<Index>(i));
  }
  Index listed() const { return static_cast<Index>(m_rows.size()); }

  std::vector<Index> m_rows, m_less_place;  // listed; each less its place in the list
  Index m_begin, m_end;
  bool m_others;
};

/// The rows picked as a source: the stretch that holds those of a tile is read and picked from. `weights` are theirs; where all ranks' are 1, or there are
/// none, the result has none.
template <class Exec>
DataSet<Exec> picked(const DataSet<Exec>& data, Picks rows, std::vector<double> weights) {
  const auto picks = std::make_shared<const Picks>(std::move(rows));
  const auto place = place_of(picks->count(), data.ranks());
  const Index begin = place.first, size = place.second;
  const auto read = [data, picks, begin](const Exec& exec, Index row, Index count, const Points<Exec>& tile) {
    constexpr Index longest = Index{1} << 16;  // rows of a stretch that is read at once
    const Index first = row - begin;
    for (Index done = 0; done < count;) {
      const Index from = picks->row(first + done), until = std::min(first + count, picks->before(from + longest));
      const Index taken = until - first - done, length = picks->row(until - 1) - from + 1;
      const Points<Exec> part = Kokkos::subview(tile, Span(done, done + taken), Kokkos::ALL);
      done += taken;
      if (length == taken) {
        data.read(exec, from, length, part);
        continue;
      }
      const auto stretch = allocate<Points<Exec>>(exec, "count_rows::stretch", length, data.dimension());
      data.read(exec, from, length, stretch);
      std::vector<Index> places(static_cast<std::size_t>(taken));
      for (Index i = 0; i < taken; ++i) places[static_cast<std::size_t>(i)] = picks->row(until - taken + i) - from;
      detail::gather("kswgd::count_rows::gather", exec, stretch, to_device(exec, places), part);
      exec.fence("kswgd::count_rows: the stretch is freed");
    }
  };
  DataSet<Exec> result(size, data.dimension(), read, {begin, begin + picks->count()}, data.ranks());
  result.set_order(data.order());
  const bool uneven = std::any_of(weights.begin(), weights.end(), [](double w) { return w != 1; });
  if (data.ranks().max(uneven ? 1 : 0) > 0) result.set_weights(std::move(weights));
  return result;
}

/// sum(k) of |x_{t+1} - x_t|^2, and whether each column rises or falls somewhere, over the rows of one stretch.
template <class Exec>
struct SuccessionKernel {
  Points<Exec> x;
  Index count;
  Matrix<Exec> out;  // column k: sum of squared steps, sum, sum of squares about the first value, steps up, steps down
  KOKKOS_FUNCTION void operator()(Index k) const {
    double steps = 0, sum = 0, squares = 0, up = 0, down = 0;
    for (Index i = 0; i < count; ++i) {
      const double value = x(i, k), step = i + 1 < count ? x(i + 1, k) - value : 0;
      sum += value;
      squares += value * value;
      steps += step * step;
      up += step > 0 ? 1 : 0;
      down += step < 0 ? 1 : 0;
    }
    out(0, k) = steps;
    out(1, k) = sum;
    out(2, k) = squares;
    out(3, k) = up;
    out(4, k) = down;
  }
};

template <class Exec>
struct NonFiniteKernel {
  Points<Exec> x;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item, Index& bad) const { bad += Kokkos::isfinite(x(item % count, item / count)) ? 0 : 1; }
};

/// The deviation of x(i, k) from the centre over the unit, where there is one.
template <class Exec>
struct DeviationKernel {
  using Most = Kokkos::MaxLoc<double, Index>;
  Points<Exec> x;
  Vector<Exec> centre, inverse_unit;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item, typename Most::value_type& most) const {
    const Index i = item % count, k = item / count;
    const double deviation = Kokkos::fabs(x(i, k) - centre(k)) * inverse_unit(k);
    if (deviation > most.val || (deviation == most.val && item < most.loc)) {
      most.val = deviation;
      most.loc = item;
    }
  }
};

}  // namespace

bool Succession::in_time() const { return pairs > 0 && ratio <= 0.9 && ratio < 1 - 5 / std::sqrt(static_cast<double>(pairs)); }

template <ExecutionSpace Exec>
Succession succession(const Exec& exec, const DataSet<Exec>& data) {
  constexpr Index stretch = 1024, most_stretches = 64;
  const Index n = data.size(), d = data.dimension(), most = std::min(n, stretch), stretches = std::min(most_stretches, n / most);
  const auto columns = static_cast<std::size_t>(d);
  enum { steps, sum, squares, up, down, kinds };
  std::vector<double> sums(kinds * columns + 2, 0.0);  // by column, then rows and pairs
  const auto tile = allocate<Points<Exec>>(exec, "succession::stretch", most, d);
  const auto out = allocate<Matrix<Exec>>(exec, "succession::sums", kinds, d);
  const Points<Exec> origin = gather_rows(exec, data, {0});
  for (Index s = 0; s < stretches; ++s) {
    const Index begin = s * (n / stretches), length = std::min(most, data.here().second - begin);
    if (begin < data.here().first || length < 1) continue;  // another rank's
    const Points<Exec> x = Kokkos::subview(tile, Span(0, length), Kokkos::ALL);
    data.read(exec, begin, length, x);
    Kokkos::parallel_for(
        "kswgd::succession::shift", index_range(exec, length * d), KOKKOS_LAMBDA(Index item) { x(item % length, item / length) -= origin(0, item / length); });
    Kokkos::parallel_for("kswgd::succession", index_range(exec, d), SuccessionKernel<Exec>{x, length, out});
    const auto host = to_host(exec, out);
    for (std::size_t k = 0; k < columns; ++k)
      for (std::size_t kind = 0; kind < kinds; ++kind) sums[kinds * k + kind] += host(kind, k);
    sums[kinds * columns] += static_cast<double>(length);
    sums[kinds * columns + 1] += static_cast<double>(length - 1);
  }
  data.ranks().sum(sums);
  Succession result;
  const double rows = sums[kinds * columns];
  const auto pairs = static_cast<Index>(sums[kinds * columns + 1]);
  for (std::size_t k = 0; k < columns; ++k) {
    const double* of = sums.data() + kinds * k;
    const double variance = of[squares] / rows - (of[sum] / rows) * (of[sum] / rows);
    if (!(of[up] > 0 && of[down] > 0) || !(variance > 0)) continue;
    const double ratio = of[steps] / static_cast<double>(pairs) / (2 * variance);
    if (result.column >= 0 && !(ratio < result.ratio)) continue;
    result = {ratio, static_cast<Index>(k), pairs};
  }
  return result;
}

template <ExecutionSpace Exec>
void require_finite(const Exec& exec, const DataSet<Exec>& data) {
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    Index bad = 0;
    Kokkos::parallel_reduce("kswgd::require_finite", index_range(exec, count * data.dimension()), NonFiniteKernel<Exec>{x, count}, bad);
    if (bad > 0) refuse_not_finite(exec, first, count, x);
  });
}

template <ExecutionSpace Exec>
SpreadRows spread_weighty_rows(const DataSet<Exec>& data, Index count, std::uint64_t seed, std::uint64_t stream) {
  if (!data.is_weighted()) return {spread_rows(data.size(), std::min(data.size(), count), seed, stream), data.size()};
  std::vector<Index> weighty;
  for (Index row = data.here().first; row < data.here().second; ++row)
    if (data.weight(row) > 0) weighty.push_back(row);
  const auto held = static_cast<Index>(weighty.size());
  const auto place = place_of(held, data.ranks());
  const std::vector<Index> chosen = spread_rows(place.second, std::min(place.second, count), seed, stream);
  std::vector<double> found(chosen.size(), 0.0);
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i] >= place.first && chosen[i] < place.first + held) found[i] = static_cast<double>(weighty[static_cast<std::size_t>(chosen[i] - place.first)]);
  data.ranks().sum(found);
  return {{found.begin(), found.end()}, place.second};
}

template <ExecutionSpace Exec>
DataSet<Exec> without_rows(const DataSet<Exec>& data, const std::vector<Index>& rows) {
  const auto [begin, end] = data.here();
  const auto low = std::lower_bound(rows.begin(), rows.end(), begin), high = std::lower_bound(rows.begin(), rows.end(), end);
  std::vector<Index> gone(low, high);
  gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
  std::vector<double> weights;
  auto next = gone.begin();
  for (Index row = begin; data.is_weighted() && row < end; ++row) {
    if (next != gone.end() && *next == row)
      ++next;
    else
      weights.push_back(data.weight(row));
  }
  return picked(data, Picks::all_but(std::move(gone), begin, end), std::move(weights));
}

template <ExecutionSpace Exec>
std::vector<Index> CountedRows<Exec>::originals(const std::vector<Index>& list) const {
  if (all) return list;
  std::vector<double> found(list.size(), 0.0);
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i] >= data.here().first && list[i] < data.here().second) found[i] = static_cast<double>(original(list[i]));
  data.ranks().sum(found);
  return {found.begin(), found.end()};
}

namespace {

template <class Exec>
CountedRows<Exec> counted_rows(const Exec& exec, const DataSet<Exec>& data, bool finite) {
  const auto [begin, end] = data.here();
  const FirstRows firsts = first_rows(exec, data, finite);
  std::vector<double> left_out{firsts.repeated, static_cast<double>(std::count(data.weights().begin(), data.weights().end(), 0.0))};
  data.ranks().sum(left_out);
  CountedRows<Exec> result{data, true, {}, static_cast<Index>(left_out[0]), static_cast<Index>(left_out[1])};
  if (result.repeated == 0 && result.weightless == 0) return result;
  // Of the rows here that count; 0 of the others.
  std::vector<double> weights = data.is_weighted() ? data.weights() : std::vector<double>(static_cast<std::size_t>(end - begin), 1.0);
  for (const Index row : firsts.others) weights[static_cast<std::size_t>(row - begin)] = 0;
  for (const auto& [row, weight] : firsts.rows) weights[static_cast<std::size_t>(row - begin)] = weight;
  result.all = false;
  std::vector<double> kept;
  for (Index row = begin; row < end; ++row) {
    const double weight = weights[static_cast<std::size_t>(row - begin)];
    if (!(weight > 0)) continue;
    kept.push_back(weight);
    result.rows.push_back(row);
  }
  result.data = picked(data, Picks::these(result.rows), std::move(kept));
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
CountedRows<Exec> count_rows(const Exec& exec, const DataSet<Exec>& data) {
  return counted_rows(exec, data, false);
}

template <ExecutionSpace Exec>
CountedRows<Exec> count_finite_rows(const Exec& exec, const DataSet<Exec>& data) {
  return counted_rows(exec, data, true);
}

template <ExecutionSpace Exec>
CountedRows<Exec> in_order_of_coordinates(const Exec& exec, const CountedRows<Exec>& counted) {
  const DataSet<Exec>& data = counted.data;
  if (!data.ranks().is_alone()) return counted;
  std::vector<Index> order(static_cast<std::size_t>(data.size()));
  std::iota(order.begin(), order.end(), Index{0});
  const Points<Exec> all = gather_rows(exec, data, order);
  const auto points = to_host(exec, all);
  std::sort(order.begin(), order.end(), [&points](Index i, Index j) {
    for (std::size_t k = 0; k < points.extent(1); ++k)
      if (points(i, k) != points(j, k)) return points(i, k) < points(j, k);
    return i < j;
  });
  CountedRows<Exec> result{make_source(exec, take_rows(exec, all, order)), false, counted.originals(order), counted.repeated, counted.weightless};
  result.data.set_order(data.order());
  if (data.is_weighted()) {
    std::vector<double> weights;
    for (const Index row : order) weights.push_back(data.weight(row));
    result.data.set_weights(std::move(weights));
  }
  return result;
}

template <ExecutionSpace Exec>
FarthestRow farthest_row(const Exec& exec, const DataSet<Exec>& data, std::uint64_t seed) {
  constexpr Index most_sampled = 4096;
  constexpr double quartiles_of_normal = 1.349;  // distance between the quartiles of N(0, 1)
  const auto sample = to_host(exec, gather_rows(exec, data, spread_rows(data.size(), std::min(data.size(), most_sampled), seed, 6)));
  const auto columns = static_cast<std::size_t>(data.dimension());
  std::vector<double> centre(columns), inverse_unit(columns, 0.0);
  for (std::size_t k = 0; k < columns; ++k) {
    std::vector<double> values(sample.extent(0));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = sample(i, k);
    std::sort(values.begin(), values.end());
    centre[k] = values[values.size() / 2];
    const double between = values[3 * values.size() / 4] - values[values.size() / 4];
    if (between > 0) inverse_unit[k] = quartiles_of_normal / between;
  }
  const auto device_centre = to_device(exec, centre), device_unit = to_device(exec, inverse_unit);
  FarthestRow result;
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    typename DeviationKernel<Exec>::Most::value_type most;
    Kokkos::parallel_reduce("kswgd::farthest_row", index_range(exec, count * data.dimension()), DeviationKernel<Exec>{x, device_centre, device_unit, count},
                            typename DeviationKernel<Exec>::Most(most));
    if (!(most.val > result.deviations)) return;
    double value = 0;
    Kokkos::deep_copy(exec, value, Kokkos::subview(x, most.loc % count, most.loc / count));
    exec.fence("kswgd::farthest_row: the value is read on the host");
    result = {first + most.loc % count, most.loc / count, most.val, value};
  });
  const Reduction& ranks = data.ranks();
  const double most = ranks.max(result.deviations);
  const int speaker = static_cast<int>(-ranks.max(result.deviations == most ? -ranks.rank() : -ranks.size()));  // the first that has it
  std::vector<double> found(4, 0.0);
  if (ranks.rank() == speaker) found = {static_cast<double>(result.row), static_cast<double>(result.column), result.deviations, result.value};
  ranks.sum(found);
  return {static_cast<Index>(found[0]), static_cast<Index>(found[1]), found[2], found[3]};
}

template <ExecutionSpace Exec>
std::uint64_t fingerprint_of(const Exec& exec, const DataSet<Exec>& data) {
  constexpr Index most = 64;
  const Index n = data.size(), count = std::min(n, most);
  std::vector<Index> rows;
  for (Index i = 0; i < count; ++i) rows.push_back(i * n / count);
  const auto points = gather_rows(exec, data, rows);
  std::uint64_t result = mix(static_cast<std::uint64_t>(n)) + mix(static_cast<std::uint64_t>(data.dimension()) + 1);
  for (const RowHash& hash : hashes(exec, make_source(exec, points))) result = mix(result ^ hash.first) + hash.second;
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                       \
  template Succession succession(const EXEC&, const DataSet<EXEC>&);                                  \
  template void require_finite(const EXEC&, const DataSet<EXEC>&);                                    \
  template SpreadRows spread_weighty_rows(const DataSet<EXEC>&, Index, std::uint64_t, std::uint64_t); \
  template DataSet<EXEC> without_rows(const DataSet<EXEC>&, const std::vector<Index>&);               \
  template struct CountedRows<EXEC>;                                                                  \
  template CountedRows<EXEC> count_rows(const EXEC&, const DataSet<EXEC>&);                           \
  template CountedRows<EXEC> in_order_of_coordinates(const EXEC&, const CountedRows<EXEC>&);          \
  template CountedRows<EXEC> count_finite_rows(const EXEC&, const DataSet<EXEC>&);                    \
  template FarthestRow farthest_row(const EXEC&, const DataSet<EXEC>&, std::uint64_t);                \
  template std::uint64_t fingerprint_of(const EXEC&, const DataSet<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
