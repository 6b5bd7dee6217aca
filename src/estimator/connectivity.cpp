// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

namespace kswgd {
namespace {

constexpr Index cells_wanted = 50, most_sample = Index{1} << 14, fewest_steps = 20;
constexpr std::size_t most_named = 6;
constexpr double smallest_closed = 0.01, smallest_left = 0.05, smallest_law = 0.05;

/// The cell of each frame on this rank.
template <class Exec>
std::vector<int> cells_of(const Exec& exec, const DataSet<Exec>& source, const Points<Exec>& landmarks) {
  std::vector<int> cells;
  const Index rows = std::min(source.size(), rows_of_tile(source.dimension()));
  const auto distance = allocate<Vector<Exec>>(exec, "connectivity::distance", rows);
  const auto index = allocate<Vector<Exec, int>>(exec, "connectivity::index", rows);
  walk_tiles(exec, source, source.dimension(), [&](Index, Index count, const Points<Exec>& x) {
    nearest_landmark(exec, x, landmarks, distance, index);
    const auto host = to_host(exec, index);
    cells.insert(cells.end(), host.data(), host.data() + count);
  });
  return cells;
}

using Flags = std::vector<std::vector<char>>;

/// reached[i][j]: whether a path of steps leads from cell i to cell j.
Flags paths(const std::vector<std::vector<Index>>& steps) {
  const std::size_t count = steps.size();
  Flags reached(count, std::vector<char>(count, 0));
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < count; ++j) reached[i][j] = i == j || steps[i][j] > 0;
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < count; ++j) reached[i][j] = reached[i][j] || (reached[i][k] && reached[k][j]);
  return reached;
}

std::string number(double value) {
  std::ostringstream text;
  text.precision(4);
  text << value;
  return text.str();
}

/// "around (0.01, 2), 75 % of the frames, trajectories 0-14"
std::string description(const Region& region) {
  std::string text = "around (";
  for (std::size_t k = 0; k < region.centre.size(); ++k) {
    if (k == 6) {
      text += ", ...";
      break;
    }
    text += (k > 0 ? ", " : "") + number(region.centre[k]);
  }
  text += ") with " + number(100 * region.share) + " % of the frames, in " + (region.trajectories.size() == 1 ? "trajectory" : "trajectories");
  for (std::size_t i = 0, named = 0; i < region.trajectories.size(); ++named) {
    if (named == 8) return text + " ... (" + std::to_string(region.trajectories.size()) + " in all)";
    std::size_t last = i;
    while (last + 1 < region.trajectories.size() && region.trajectories[last + 1] == region.trajectories[last] + 1) ++last;
    text += (named > 0 ? ", " : " ") + std::to_string(region.trajectories[i]);
    if (last > i) text += "-" + std::to_string(region.trajectories[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace

bool Connectivity::has_several_laws() const { return closed.size() > 1 && closed[1].share >= smallest_law; }

std::string Connectivity::sentence() const {
  std::string text;
  if (closed.size() > 1) {
    text = "the trajectories do not connect " + std::to_string(closed.size()) + " regions, and nothing in them says how much weight one has beside another: ";
    for (std::size_t i = 0; i < std::min(closed.size(), most_named); ++i) text += (i > 0 ? "; " : "") + description(closed[i]);
    if (closed.size() > most_named) text += "; and " + std::to_string(closed.size() - most_named) + " smaller ones";
  }
  for (std::size_t i = 0; i < left.size(); ++i)
    text += (text.empty() ? "" : ". ") + std::string("A region is left and never entered again (") + std::to_string(leavings[i]) +
            (leavings[i] == 1 ? " step leads" : " steps lead") +
            " out of it), which leaves it no weight in equilibrium, unless the data are too short for a return: " + description(left[i]);
  return text;
}

template <ExecutionSpace Exec>
Connectivity connectivity(const Exec& exec, const DataSet<Exec>& source, const GeometryData& geometry, std::uint64_t seed) {
  const Frame<Exec> frame(exec, frame_of(exec, source, geometry));
  const DataSet<Exec> data = frame.inside(exec, source);
  const Reduction& ranks = data.ranks();
  const SpreadRows some = spread_weighty_rows(data, most_sample, seed, 4);
  const Index held = some.among;
  const auto sample = gather_rows(exec, data, some.rows);
  const NestedLandmarks nested = nested_landmarks(exec, sample, held, {.finest = cells_wanted, .seed = seed, .ranks = ranks});
  const LevelData& finest = nested.levels.back();
  const HostPoints centres("kswgd::connectivity::centres", finest.last_landmark - finest.first_landmark, nested.landmarks.extent(1));
  Kokkos::deep_copy(centres, HostPoints(Kokkos::subview(nested.landmarks, Span(finest.first_landmark, finest.last_landmark), Kokkos::ALL)));
  const auto [begin, end] = data.here();
  std::vector<int> cells = cells_of(exec, data, Points<Exec>(to_device(exec, centres)));
  // The first frame of the ranks after this one may be the next of this one's last.
  const std::vector<double> firsts = ranks.concatenate({cells.empty() ? -1.0 : static_cast<double>(cells.front())});
  const auto after = std::find_if(firsts.begin() + ranks.rank() + 1, firsts.end(), [](double cell) { return cell >= 0; });
  cells.push_back(after == firsts.end() ? -1 : static_cast<int>(*after));
  const auto cell_of = [&cells, first_row = begin](Index row) { return static_cast<std::size_t>(cells[static_cast<std::size_t>(row - first_row)]); };

  const std::size_t count = centres.extent(0);
  std::vector<double> stepped(count * count, 0.0);
  std::vector<Index> trajectory_of(static_cast<std::size_t>(end - begin));
  Index first = 0, trajectory = 0;
  for (const Index length : source.trajectories().lengths) {
    for (Index row = std::max(first, begin); row < std::min(first + length, end); ++row) {
      trajectory_of[static_cast<std::size_t>(row - begin)] = trajectory;
      if (row + 1 < first + length && source.weight(row) > 0) ++stepped[cell_of(row) * count + cell_of(row + 1)];
    }
    first += length;
    ++trajectory;
  }
  ranks.sum(stepped);
  std::vector<std::vector<Index>> steps(count, std::vector<Index>(count, 0));
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < count; ++j) steps[i][j] = static_cast<Index>(stepped[i * count + j]);
  const Flags reached = paths(steps);

  // Cells that reach each other are a region; it is closed when it reaches nothing else.
  struct Found {
    Region region;
    bool closed = true;
    Index inside = 0, out = 0, frames = 0;
    std::vector<double> sum;
  };
  std::vector<int> region_of(count, -1);
  std::vector<Found> found;
  for (std::size_t i = 0; i < count; ++i) {
    if (region_of[i] >= 0) continue;
    Found one;
    for (std::size_t j = 0; j < count; ++j) {
      if (reached[i][j] && reached[j][i]) region_of[j] = static_cast<int>(found.size());
      one.closed = one.closed && (!reached[i][j] || reached[j][i]);
    }
    one.sum.assign(static_cast<std::size_t>(data.dimension()), 0.0);
    found.push_back(one);
  }
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < count; ++j)
      (region_of[i] == region_of[j] ? found[static_cast<std::size_t>(region_of[i])].inside : found[static_cast<std::size_t>(region_of[i])].out) += steps[i][j];
  walk_tiles(exec, data, data.dimension(), [&](Index start, Index length, const Points<Exec>& x) {
    const auto host = to_host(exec, x);
    for (Index i = 0; i < length; ++i) {
      const auto row = static_cast<std::size_t>(start + i - data.here().first);
      if (!(source.weight(start + i) > 0)) continue;
      Found& one = found[static_cast<std::size_t>(region_of[cell_of(start + i)])];
      ++one.frames;
      for (std::size_t k = 0; k < one.sum.size(); ++k) one.sum[k] += host(i, k);
      if (one.region.trajectories.empty() || one.region.trajectories.back() != trajectory_of[row]) one.region.trajectories.push_back(trajectory_of[row]);
    }
  });
  for (Found& one : found) {
    one.sum.push_back(static_cast<double>(one.frames));
    ranks.sum(one.sum);
    one.frames = static_cast<Index>(one.sum.back());
    one.sum.pop_back();
    const std::vector<double> all = ranks.concatenate({one.region.trajectories.begin(), one.region.trajectories.end()});
    one.region.trajectories.assign(all.begin(), all.end());
    one.region.trajectories.erase(std::unique(one.region.trajectories.begin(), one.region.trajectories.end()), one.region.trajectories.end());
  }
  Connectivity result;
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.frames > b.frames; });
  for (Found& one : found) {
    one.region.share = static_cast<double>(one.frames) / static_cast<double>(held);
    if (one.inside < fewest_steps || one.region.share < (one.closed ? smallest_closed : smallest_left)) continue;
    const HostPoints mean("kswgd::connectivity::mean", 1, data.dimension());
    for (std::size_t k = 0; k < one.sum.size(); ++k) mean(0, k) = one.sum[k] / static_cast<double>(one.frames);
    const Points<Exec> at = to_device(exec, mean), centre = allocate<Points<Exec>>(exec, "connectivity::centre", 1, source.dimension());
    frame.leave(exec, 1, at, centre);
    const auto host = to_host(exec, centre);
    for (Index k = 0; k < source.dimension(); ++k) one.region.centre.push_back(host(0, k));
    if (!one.closed) result.leavings.push_back(one.out);
    (one.closed ? result.closed : result.left).push_back(one.region);
  }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC) template Connectivity connectivity(const EXEC&, const DataSet<EXEC>&, const GeometryData&, std::uint64_t);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
