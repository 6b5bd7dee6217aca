// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "formats.hpp"
#include "hdf5.hpp"

#include <kswgd/support/check.hpp>

#include <cmath>
#include <memory>
#include <optional>

// HDF5 files of other programs: a reader for each convention. Each says whether what is named is of its kind.
namespace kswgd::io {

using SharedFile = std::shared_ptr<const hdf5::File>;

inline std::string parent(const std::string& object) {
  const std::size_t slash = object.rfind('/');
  return slash == 0 ? "/" : object.substr(0, slash);
}
inline std::string base_name(const std::string& object) { return object.substr(object.rfind('/') + 1); }
inline std::string join(const std::string& group, const std::string& name) { return (group == "/" ? "" : group) + "/" + name; }

/// "; it holds /a (10 x 2), ...": so that the user can name one.
std::string what_there_is(const hdf5::File& file);

/// A quantity in time: a dataset, and what its file says of the frames.
struct Series : Clock {
  std::string values;  ///< the dataset
  Index frames = 0;    ///< those that all of it has
  std::vector<std::string> notes;
};

/// H5MD: a group with `value`, `step` and `time`. Nothing where the object is none.
std::optional<Series> h5md_series(const hdf5::File& file, const std::string& path, const std::string& object);
/// The particles of H5MD under this name ("": the only ones), or nothing.
std::optional<Particles> h5md_particles(const SharedFile& file, const std::string& path, const std::string& object);

/// openPMD: whether the file says that it is.
bool is_openpmd(const hdf5::File& file);
Particles openpmd_particles(const SharedFile& file, const std::string& path, const std::string& named);

/// netCDF-4: whether the file says that it is.
bool is_netcdf(const hdf5::File& file);
/// A variable along a dimension `time`, or nothing.
std::optional<Series> netcdf_series(const hdf5::File& file, const std::string& object);
/// The particles of a file that follows the convention of AMBER (in netCDF-4) or of MDTraj (Pande), or nothing.
std::optional<Particles> amber_particles(const SharedFile& file, const std::string& path, const std::string& object);
/// How the numbers of a netCDF variable are packed, and which stand for missing ones: fill values, and what its valid range leaves out.
class Packing {
 public:
  Packing(const hdf5::File& file, std::string path, std::string variable);
  /// A number as it is in the file, unpacked. Throws InvalidInput for a missing one, naming its row and column.
  double unpacked(double value, Index row, Index column) const;
  /// Those of one frame.
  void unpack(double* values, Index count, Index frame) const {
    for (Index i = 0; i < count; ++i) values[i] = unpacked(values[i], frame, i);
  }

 private:
  std::string m_path, m_variable;
  std::vector<double> m_missing;
  double m_least = -HUGE_VAL, m_most = HUGE_VAL;  // packed
  bool m_is_unsigned = false;                     // in a signed type
  double m_scale = 1, m_offset = 0;
};

/// A table: columns of numbers side by side in one or several datasets of records or blocks.
struct Records {
  std::string dataset;               ///< of records, or the block of numbers of a pandas frame
  std::vector<hdf5::Field> fields;   ///< none: a plain block
  std::vector<std::string> columns;  ///< their names, where they are known
};
/// PyTables' and pandas' tables, other datasets of records; "TABLE/COLUMN" is one column. Nothing where the object is none of these.
std::optional<Records> find_records(const hdf5::File& file, const std::string& path, const std::string& object);

/// Whether what is named (absolute, or "" for nothing) is particles: then those.
std::optional<Particles> find_particles(const SharedFile& file, const std::string& path, const std::string& named);

/// 6 significant digits.
std::string short_text(double value);

}  // namespace kswgd::io
