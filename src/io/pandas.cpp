// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>

// Tables of PyTables, and pandas' frames in them (DataFrame.to_hdf, both forms); other datasets of records, as h5py writes NumPy's.
namespace kswgd::io {
namespace {

/// The texts of a pickled list in protocol 0, as pandas keeps names of columns: lines that begin with V after what opens or adds. Nothing for anything else.
std::vector<std::string> pickled_names(const std::string& pickle) {
  std::vector<std::string> names;
  for (std::size_t start = 0; start < pickle.size();) {
    const std::size_t end = std::min(pickle.find('\n', start), pickle.size());
    std::string line = pickle.substr(start, end - start);
    start = end + 1;
    if (!line.empty() && line[0] == 'a') line.erase(0, 1);
    if (line.empty() || line[0] == 'p' || line == "." || line.rfind("(lp", 0) == 0 || line == "(l") continue;
    if (line[0] != 'V' || line.find('\\') != std::string::npos) return {};
    names.push_back(line.substr(1));
  }
  return names;
}

/// A frame of pandas' form "fixed": blocks of one type each.
Records fixed_frame(const hdf5::File& file, const std::string& path, const std::string& group) {
  const Index blocks = file.read_integer(group, "nblocks", 0);
  if (blocks != 1) {
    std::string text;
    for (Index b = 0; b < blocks && b < 8; ++b) {
      std::string own;
      for (const std::string& name : file.read_strings(group + "/block" + std::to_string(b) + "_items")) own += (own.empty() ? "" : ", ") + name;
      text += (b ? "; " : "") + own;
    }
    refuse(path, "holds in " + group + " a pandas frame whose columns are of " + std::to_string(blocks) + " types, in blocks of their own (" + text +
                     "): make them one with frame.astype(float).to_hdf(...)");
  }
  Records records{group + "/block0_values", {}, file.read_strings(group + "/block0_items")};
  const std::vector<Index> shape = file.shape(records.dataset);
  const auto columns = static_cast<Index>(records.columns.size());
  if (shape.size() != 2 || (columns > 0 && shape[1] != columns))
    refuse(path, "has in " + records.dataset + " a shape of " + hdf5::text_of(shape) + " for " + std::to_string(columns) + " columns");
  return records;
}

}  // namespace

std::optional<Records> find_records(const hdf5::File& file, const std::string& path, const std::string& object) {
  if (!file.has(object)) {
    // TABLE/COLUMN
    const std::string table = parent(object);
    if (table == "/" || !file.has(table) || file.is_group(table)) return {};
    for (const hdf5::Field& field : file.fields(table)) {
      if (field.name != base_name(object)) continue;
      if (!field.kind.empty()) refuse(path, "has " + field.kind + " in the column " + field.name + " of " + table + ", not real numbers");
      return Records{table, {field}, {}};
    }
    return {};
  }
  std::string dataset = object;
  const bool is_frame = file.is_group(object);
  if (is_frame) {
    const std::string type = file.read_text(object, "pandas_type", "");
    if (type.empty()) return {};
    if (type == "frame") return fixed_frame(file, path, object);
    if (type != "frame_table") refuse(path, "holds in " + object + " a pandas object of type '" + type + "'; frames are read");
    dataset = object + "/table";
    if (!file.has(dataset)) refuse(path, "has no " + dataset + ", where pandas keeps the frame");
  }
  Records records{dataset, {}, {}};
  const std::vector<hdf5::Field> fields = file.fields(dataset);
  const bool is_complex = fields.size() == 2 && fields[0].name == "r" && fields[1].name == "i";  // as h5py writes them
  if (is_complex || (!fields.empty() && file.shape(dataset).size() != 1)) return {};
  bool named = true;
  for (const hdf5::Field& field : fields) {
    if (is_frame && field.name == "index") continue;  // the numbers of the rows
    if (!field.kind.empty())
      refuse(path, "has " + field.kind + " in the column " + field.name + " of " + dataset + ", not real numbers: leave it out, or name one column as " +
                       dataset + "/COLUMN");
    records.fields.push_back(field);
    const std::vector<std::string> inner = field.width > 1 ? pickled_names(file.read_text(dataset, field.name + "_kind", "")) : std::vector{field.name};
    named = named && static_cast<Index>(inner.size()) == field.width;
    records.columns.insert(records.columns.end(), inner.begin(), inner.end());
  }
  if (records.fields.empty()) return {};
  if (!named) records.columns.clear();
  return records;
}

}  // namespace kswgd::io
