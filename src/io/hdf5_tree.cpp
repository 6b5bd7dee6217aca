// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"
#include "hdf5.hpp"

#include <algorithm>
#include <deque>
#include <map>

// What stands in a file: groups, links and datasets. Files of others may hold cycles, dead links and very many objects.
namespace kswgd::io::hdf5 {
namespace {

/// The same for every path to an object, as long as the file is open.
std::string identity(hid_t object) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info{};
  if (H5Oget_info3(object, &info, H5O_INFO_BASIC) < 0) return "";
  return std::to_string(info.fileno) + ":" + std::string(reinterpret_cast<const char*>(&info.token), sizeof info.token);
#else
  H5O_info_t info{};
  if (H5Oget_info(object, &info) < 0) return "";
  return std::to_string(info.fileno) + ":" + std::to_string(info.addr);
#endif
}

herr_t keep_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

std::string join(const std::string& group, const std::string& name) { return (group == "/" ? "" : group) + "/" + name; }

}  // namespace

bool File::has(const std::string& object) const {
  const Quiet quiet;
  if (object == "/") return true;
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {  // H5Lexists wants every link on the way
    const std::string part = object.substr(0, end);
    if (H5Lexists(m_file, part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

bool File::is_group(const std::string& object) const {
  const Quiet quiet;
  if (!has(object)) return false;
  const Handle handle(H5Oopen(m_file, object.c_str(), H5P_DEFAULT), H5Oclose);
  return handle.valid() && H5Iget_type(handle) == H5I_GROUP;
}

std::vector<std::string> File::children(const std::string& group) const {
  const Quiet quiet;
  const Handle handle(H5Gopen2(m_file, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!handle.valid()) unusable(group, "is not a group");
  std::vector<std::string> names;
  if (H5Literate(handle, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, keep_name, &names) < 0) unusable(group, "cannot be listed");
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

std::string File::link_target(const std::string& object) const {
  const Quiet quiet;
  H5L_info_t info{};
  if (H5Lget_info(m_file, object.c_str(), &info, H5P_DEFAULT) < 0 || (info.type != H5L_TYPE_SOFT && info.type != H5L_TYPE_EXTERNAL)) return "";
  std::vector<char> value(info.u.val_size + 1, '\0');
  if (H5Lget_val(m_file, object.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0) return "";
  if (info.type == H5L_TYPE_SOFT) return value.data();
  const char *file = nullptr, *path = nullptr;
  unsigned flags = 0;
  if (H5Lunpack_elink_val(value.data(), info.u.val_size, &flags, &file, &path) < 0) return "";
  return std::string(path) + " of the file '" + file + "'";
}

void File::walk(bool breadth_first, const std::function<bool(const std::string&, const std::string&)>& visit) const {
  constexpr std::size_t deepest = 100;
  struct Place {
    std::string path;
    std::size_t depth;
  };
  std::deque<Place> open{{"/", 0}};
  std::map<std::string, std::string> met;
  const Quiet quiet;
  while (!open.empty()) {
    const Place place = open.front();
    open.pop_front();
    const std::string target = place.path == "/" ? "" : link_target(place.path);
    const Handle object(H5Oopen(m_file, place.path.c_str(), H5P_DEFAULT), H5Oclose);
    const H5I_type_t type = object.valid() ? H5Iget_type(object) : H5I_BADID;
    std::string kind;
    if (type == H5I_GROUP && target.empty()) {
      const auto [group, is_new] = met.emplace(identity(object), place.path);
      if (is_new && place.depth < deepest) {
        const std::vector<std::string> names = children(place.path);
        for (std::size_t i = 0; i < names.size(); ++i) {
          const std::string& name = breadth_first ? names[i] : names[names.size() - 1 - i];
          breadth_first ? open.push_back({join(place.path, name), place.depth + 1}) : open.push_front({join(place.path, name), place.depth + 1});
        }
        continue;
      }
      kind = is_new ? "a group that is not looked into, so deep is it" : "the group " + group->second + " again";
    } else if (!object.valid()) {
      kind = target.empty() ? "cannot be opened (damaged?)" : "a link to " + target + ", which is not there";
    } else if (type != H5I_DATASET) {
      kind = target.empty() ? "a type" : "a link to " + target;
    }
    if (!visit(place.path, kind)) return;
  }
}

std::vector<std::string> File::list(std::size_t most) const {
  std::vector<std::string> found;
  walk(true, [&](const std::string& path, const std::string& kind) {
    if (kind.empty()) found.push_back(found.size() < most ? path + " (" + shape_text(path) + ")" : "...");
    return found.size() <= most;
  });
  return found;
}

std::vector<std::string> File::describe(std::size_t most) const {
  std::vector<std::string> lines;
  walk(false, [&](const std::string& path, const std::string& kind) {
    if (lines.size() == most) {
      lines.emplace_back("... and more");
      return false;
    }
    std::string line = path + "  " + (kind.empty() ? shape_text(path) : kind);
    if (kind.empty())
      for (const auto& [name, value] : attributes(path)) line += "  " + name + "=" + value;
    lines.push_back(line);
    return true;
  });
  return lines;
}

std::string File::shape_text(const std::string& dataset) const {
  const Quiet quiet;
  const Handle set(H5Dopen2(m_file, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle space(H5Dget_space(set), H5Sclose), type(H5Dget_type(set), H5Tclose);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return "empty";
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> extents(static_cast<std::size_t>(std::max(rank, 0)));
  if (rank < 0 || (rank > 0 && H5Sget_simple_extent_dims(space, extents.data(), nullptr) < 0)) return "of no simple shape";
  return text_of({extents.begin(), extents.end()}) + (is_real(type) ? "" : ", " + kind_of(type));
}

}  // namespace kswgd::io::hdf5
