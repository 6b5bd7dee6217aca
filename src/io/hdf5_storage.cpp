// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"

#include <kswgd/support/check.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

// Whether a dataset holds data. HDF5 reads what was never written, and what lies in files that are gone, as its fill value.
namespace kswgd::io::hdf5 {
namespace {

namespace fs = std::filesystem;

/// The first of these folders' files that is there; "" where none is.
std::string found_in(const std::string& name, const std::vector<fs::path>& folders) {
  std::error_code error;
  for (const fs::path& folder : folders) {
    const fs::path path = folder / name;  // of an absolute name, that alone
    if (fs::is_regular_file(path, error)) return path.string();
  }
  return "";
}

/// Folders in an environment variable, between ':'; "${ORIGIN}" is the folder of the file that is read.
std::vector<fs::path> folders_in(const char* variable, const fs::path& origin) {
  std::vector<fs::path> folders;
  const char* const text = std::getenv(variable);
  std::string rest = text ? text : "";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    std::string folder = rest.substr(0, colon);
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    if (folder.rfind("${ORIGIN}", 0) == 0) folder = origin.string() + folder.substr(9);
    if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

/// Where HDF5 looks for the source of a virtual dataset.
std::string source_file(const std::string& name, const std::string& path) {
  std::error_code error;
  const fs::path origin = fs::absolute(path).parent_path(), real = fs::canonical(path, error).parent_path();
  std::vector<fs::path> folders = folders_in("HDF5_VDS_PREFIX", origin);
  for (const fs::path& folder : {origin, fs::path("."), real}) folders.push_back(folder);
  const std::string found = found_in(name, folders);
  return found.empty() && fs::path(name).is_absolute() ? found_in(fs::path(name).filename().string(), folders) : found;
}

/// "%b" is the number of the block, "%%" a '%'.
std::string with_block(const std::string& name, Index block) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char next = name[i] == '%' && i + 1 < name.size() ? name[i + 1] : ' ';
    if (next == 'b') text += std::to_string(block);
    if (next == '%') text += '%';
    if (next == 'b' || next == '%')
      ++i;
    else
      text += name[i];
  }
  return text;
}

using Extents = std::vector<hsize_t>;

/// A selection of whole blocks in a shape: of each dimension its first element, the distance and number of blocks, and their size.
struct Blocks {
  Extents start, stride, count, size;
};

/// The part of a selection that lies in a space of these extents is added to `sum`. False where a selection has no regular blocks and too many
/// irregular ones to list.
bool add_selection(hid_t selection, const Extents& extents, hid_t sum) {
  const std::size_t rank = extents.size();
  const H5S_sel_type type = H5Sget_select_type(selection);
  if (type == H5S_SEL_NONE) return true;
  if (type == H5S_SEL_ALL) return H5Sselect_all(sum) >= 0;
  if (type != H5S_SEL_HYPERSLABS) return false;
  const auto add = [&](const Blocks& blocks) {
    return H5Sselect_hyperslab(sum, H5S_SELECT_OR, blocks.start.data(), blocks.stride.data(), blocks.count.data(), blocks.size.data()) >= 0;
  };
  Blocks all{Extents(rank), Extents(rank), Extents(rank), Extents(rank)};
  if (H5Sis_regular_hyperslab(selection) > 0 &&
      H5Sget_regular_hyperslab(selection, all.start.data(), all.stride.data(), all.count.data(), all.size.data()) >= 0) {
    // A dimension that may grow has no number of blocks, or one block without an end. Its last block may stand in the shape in part.
    std::vector<Blocks> parts{all};
    for (std::size_t k = 0; k < rank; ++k) {
      if (all.start[k] >= extents[k]) return true;
      const hsize_t room = extents[k] - all.start[k], stride = std::max<hsize_t>(1, all.stride[k]);
      const hsize_t size = std::min(all.size[k], room), whole = size == room ? 1 : (room - size) / stride + 1, count = std::min(all.count[k], whole);
      const bool part = count < all.count[k] && count * stride < room && size < room;
      const std::size_t before = parts.size();
      for (std::size_t p = 0; p < before; ++p) {
        parts[p].size[k] = size;
        parts[p].count[k] = count;
        if (!part) continue;
        Blocks last = parts[p];
        last.start[k] = all.start[k] + count * stride;
        last.size[k] = room - count * stride;
        last.count[k] = 1;
        parts.push_back(last);
      }
    }
    return std::all_of(parts.begin(), parts.end(), add);
  }
  const hssize_t blocks = H5Sget_select_hyper_nblocks(selection);
  if (blocks < 0 || blocks > 100000) return false;
  Extents corners(2 * rank * static_cast<std::size_t>(blocks));
  if (H5Sget_select_hyper_blocklist(selection, 0, static_cast<hsize_t>(blocks), corners.data()) < 0) return false;
  for (std::size_t b = 0; b < static_cast<std::size_t>(blocks); ++b) {
    Blocks one{Extents(rank), Extents(rank, 1), Extents(rank, 1), Extents(rank)};
    bool inside = true;
    for (std::size_t k = 0; k < rank; ++k) {
      one.start[k] = corners[2 * b * rank + k];
      inside = inside && one.start[k] < extents[k];
      one.size[k] = std::min(corners[(2 * b + 1) * rank + k] + 1, extents[k]) - one.start[k];
    }
    if (inside && !add(one)) return false;
  }
  return true;
}

/// Elements of a selection within a space of these extents; -1 where nobody can say.
hssize_t count_selection(hid_t selection, const Extents& extents) {
  const Handle sum(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  if (H5Sselect_none(sum) < 0 || !add_selection(selection, extents, sum)) return -1;
  return H5Sget_select_npoints(sum);
}

/// Elements of the blocks of a selection along the dimension that may grow, as far as the extents go; nothing where none may.
std::vector<hssize_t> growing_blocks(hid_t selection, const Extents& extents) {
  const std::size_t rank = extents.size();
  Blocks all{Extents(rank), Extents(rank), Extents(rank), Extents(rank)};
  if (H5Sis_regular_hyperslab(selection) <= 0 ||
      H5Sget_regular_hyperslab(selection, all.start.data(), all.stride.data(), all.count.data(), all.size.data()) < 0)
    return {};
  std::size_t growing = rank;
  hsize_t across = 1;
  for (std::size_t k = 0; k < rank; ++k)
    if (all.count[k] == H5S_UNLIMITED)
      growing = k;
    else
      across *= all.count[k] * all.size[k];
  std::vector<hssize_t> blocks;
  constexpr std::size_t most = 1000000;
  if (growing == rank) return blocks;
  for (hsize_t at = all.start[growing]; at < extents[growing] && blocks.size() <= most; at += std::max<hsize_t>(1, all.stride[growing]))
    blocks.push_back(static_cast<hssize_t>(across * std::min(all.size[growing], extents[growing] - at)));
  return blocks;
}

using NameOf = ssize_t (*)(hid_t, size_t, char*, size_t);
std::string mapped_name(hid_t properties, std::size_t mapping, NameOf name_of) {
  const ssize_t length = name_of(properties, mapping, nullptr, 0);
  if (length < 0) return "";
  std::string name(static_cast<std::size_t>(length) + 1, '\0');
  name_of(properties, mapping, name.data(), name.size());
  name.pop_back();
  return name;
}

}  // namespace

void File::require_data(const std::string& dataset, int depth, bool real) const {
  const Quiet quiet;
  const Handle set = open_dataset(dataset);
  if (real) require_real(dataset, set);
  const std::vector<Index> extents = shape(dataset);
  double claimed = 1;
  for (const Index extent : extents) claimed *= static_cast<double>(extent);
  if (claimed > 1e18) unusable(dataset, "claims " + text_of(extents) + " numbers: is it damaged?");
  if (claimed == 0) return;
  const auto never = [&] { unusable(dataset, "(" + text_of(extents) + ") was never written: HDF5 would give its fill value for each number"); };

  const Handle properties(H5Dget_create_plist(set), H5Pclose);
  const H5D_layout_t layout = H5Pget_layout(properties);
  if (layout == H5D_VIRTUAL) return require_sources(dataset, properties, depth);
  if (H5Pget_external_count(properties) > 0) return require_raw_files(dataset, properties);
  if (layout == H5D_CHUNKED) {
    std::vector<hsize_t> chunk(extents.size());
    if (H5Pget_chunk(properties, static_cast<int>(chunk.size()), chunk.data()) < 0) unusable(dataset, "has no readable layout (damaged?)");
    double wanted = 1;
    for (std::size_t k = 0; k < extents.size(); ++k) wanted *= static_cast<double>((static_cast<hsize_t>(extents[k]) - 1) / chunk[k] + 1);
    if (H5Dget_storage_size(set) == 0) never();
#if H5_VERSION_GE(1, 10, 5)
    hsize_t there = 0;
    const Handle space(H5Dget_space(set), H5Sclose);
    if (H5Dget_num_chunks(set, space, &there) < 0) unusable(dataset, "has no readable list of chunks (damaged?)");
    if (static_cast<double>(there) < wanted)
      unusable(dataset, "(" + text_of(extents) + ") was written in part: " + std::to_string(there) + " of " + std::to_string(static_cast<Index>(wanted)) +
                            " chunks are there; shrink it to what was written (h5py: resize)");
#endif
    return;
  }
  H5D_space_status_t status = H5D_SPACE_STATUS_ALLOCATED;
  if (H5Dget_space_status(set, &status) < 0 || status == H5D_SPACE_STATUS_NOT_ALLOCATED) never();
  const Handle type(H5Dget_type(set), H5Tclose);
  const hsize_t stored = H5Dget_storage_size(set);
  if (claimed * static_cast<double>(H5Tget_size(type)) > static_cast<double>(stored))
    unusable(dataset, "claims " + text_of(extents) + " numbers, but " + std::to_string(stored) + " bytes are stored for them: is it damaged?");
  struct stat file {};
  const haddr_t at = layout == H5D_CONTIGUOUS ? H5Dget_offset(set) : HADDR_UNDEF;
  if (at != HADDR_UNDEF && m_out == nullptr && ::stat(m_path.c_str(), &file) == 0 &&
      (stored > static_cast<hsize_t>(file.st_size) || at > static_cast<haddr_t>(file.st_size) - stored))
    unusable(dataset, "(" + text_of(extents) + ") lies beyond the end of the file: is it truncated or damaged?");
}

void File::require_sources(const std::string& dataset, hid_t properties, int depth) const {
  if (depth == 16) unusable(dataset, "is a virtual dataset whose sources lead to virtual datasets again and again");
  const std::vector<Index> signed_extents = shape(dataset);
  const Extents extents(signed_extents.begin(), signed_extents.end());
  const Handle covered(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  H5Sselect_none(covered);
  std::size_t mappings = 0;
  if (H5Pget_virtual_count(properties, &mappings) < 0) unusable(dataset, "is a virtual dataset without a readable list of sources (damaged?)");
  std::map<std::pair<std::string, std::string>, std::vector<Index>> known;  // shapes of sources that hold data

  const auto require_source = [&](const std::string& file, const std::string& source, hid_t there, hssize_t wanted) {
    const std::string of = "is a virtual dataset, and its source " + source + " of '" + file + "' ";
    const auto [entry, is_new] = known.try_emplace({file, source});
    if (is_new) {
      const std::string path = file == "." ? m_path : source_file(file, m_path);
      if (path.empty()) unusable(dataset, of + "is missing: there is no such file; HDF5 would give its fill value for those rows");
      try {
        const std::string absolute = source.rfind('/', 0) == 0 ? source : "/" + source;
        const File other = File::open(path);
        if (!other.has(absolute)) unusable(dataset, of + "is missing: the file has no such dataset");
        other.require_data(absolute, depth + 1);
        entry->second = other.shape(absolute);
      } catch (const InvalidInput& error) {
        const std::string what = error.what();
        if (what.find("virtual dataset") != std::string::npos) throw;
        unusable(dataset, of + "cannot be used: " + what);
      }
    }
    const hssize_t got = count_selection(there, {entry->second.begin(), entry->second.end()});
    const bool whole = H5Sget_select_type(there) == H5S_SEL_ALL;  // such a selection has no shape of its own in the file
    if ((!whole && H5Sget_simple_extent_ndims(there) != static_cast<int>(entry->second.size())) || (got >= 0 && wanted >= 0 && got < wanted))
      unusable(dataset, of + "has the shape " + text_of(entry->second) + ", which is less than what is taken from it");
  };

  for (std::size_t m = 0; m < mappings; ++m) {
    const Handle here(H5Pget_virtual_vspace(properties, m), H5Sclose), there(H5Pget_virtual_srcspace(properties, m), H5Sclose);
    const std::string file = mapped_name(properties, m, H5Pget_virtual_filename), source = mapped_name(properties, m, H5Pget_virtual_dsetname);
    if (!here.valid() || !there.valid() || file.empty() || H5Sget_simple_extent_ndims(here) != static_cast<int>(extents.size()))
      unusable(dataset, "is a virtual dataset without a readable list of sources (damaged?)");
    if (!add_selection(here, extents, covered)) unusable(dataset, "is a virtual dataset of a pattern that is not understood: copy it into a plain one");
    const bool numbered = with_block(file, 0) != with_block(file, 1) || with_block(source, 0) != with_block(source, 1);
    const std::vector<hssize_t> blocks = numbered ? growing_blocks(here, extents) : std::vector<hssize_t>{};
    if (blocks.size() > 1000000) unusable(dataset, "is a virtual dataset of more than a million sources: copy it into a plain one");
    for (std::size_t b = 0; b < blocks.size(); ++b)
      require_source(with_block(file, static_cast<Index>(b)), with_block(source, static_cast<Index>(b)), there, blocks[b]);
    if (blocks.empty()) require_source(file, source, there, count_selection(here, extents));
  }
  const hssize_t rows = H5Sget_select_npoints(covered), all = H5Sget_simple_extent_npoints(covered);
  if (rows < all)
    unusable(dataset, "is a virtual dataset of which " + std::to_string(all - rows) + " of " + std::to_string(all) +
                          " numbers have no source: HDF5 would give its fill value for them");
}

void File::require_raw_files(const std::string& dataset, hid_t properties) const {
  const fs::path origin = fs::absolute(m_path).parent_path();
  std::vector<fs::path> folders = folders_in("HDF5_EXTFILE_PREFIX", origin);
  if (folders.empty()) folders = {"."};
  const int count = H5Pget_external_count(properties);
  for (int i = 0; i < count; ++i) {
    char name[4096] = {};
    off_t offset = 0;
    hsize_t size = 0;
    if (H5Pget_external(properties, static_cast<unsigned>(i), sizeof name - 1, name, &offset, &size) < 0)
      unusable(dataset, "has no readable list of external files");
    const std::string path = found_in(name, folders), of = "takes its numbers from the file '" + std::string(name) + "', ";
    if (path.empty()) unusable(dataset, of + "which is not there (HDF5 looks in the current folder, or where HDF5_EXTFILE_PREFIX says)");
    std::error_code error;
    const double there = static_cast<double>(fs::file_size(path, error)) - static_cast<double>(offset);
    if (size != H5F_UNLIMITED && there < static_cast<double>(size)) unusable(dataset, of + "which is too short: is it truncated?");
  }
}

}  // namespace kswgd::io::hdf5
