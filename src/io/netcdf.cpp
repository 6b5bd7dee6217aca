// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

// netCDF-4 is HDF5 with conventions: dimensions that are datasets, fill values, packed numbers; and AMBER's convention for trajectories
// (ambermd.org/netcdf, version 1.0) in it. MDTraj's HDF5 (convention Pande 1.1) has the same variables.
namespace kswgd::io {
namespace {

/// The dimensions of a variable, by number; empty where the file does not say.
std::vector<double> dimensions_of(const hdf5::File& file, const std::string& variable) {
  const std::vector<double> all = file.read_numbers(variable, "_Netcdf4Coordinates");
  return all.empty() ? file.read_numbers(variable, "_Netcdf4Dimid") : all;
}

/// The variable `time` of a variable's group or of a group above, of one dimension.
std::string time_of(const hdf5::File& file, const std::string& variable) {
  for (std::string group = parent(variable);; group = parent(group)) {
    const std::string time = join(group, "time");
    if (time != variable && file.has(time) && !file.is_group(time) && file.shape(time).size() == 1) return time;
    if (group == "/") return "";
  }
}

void take_times(const hdf5::File& file, const std::string& time, Series& series) {
  std::vector<double> times = file.read_vector(time);
  const auto there = static_cast<Index>(times.size());
  if (there != series.frames)
    series.notes.push_back(series.values + " has " + std::to_string(series.frames) + " frames and " + time + " " + std::to_string(there) +
                           ": the smaller number is taken (netCDF would give fill values for the rest)");
  series.frames = std::min(series.frames, there);
  times.resize(static_cast<std::size_t>(series.frames));
  series.times = std::move(times);
  series.times_name = time;
  series.rounding = file.rounding(time);
  series.time_unit = file.read_text(time, "units", "");
}

/// The edges of a box of these lengths and angles in degrees (alpha between b and c, beta between a and c, gamma between a and b).
void triclinic(const std::string& path, const double* length, const double* angle, double* edges) {
  for (int k = 0; k < 3; ++k)
    if (!(length[k] > 0) || !(angle[k] > 0 && angle[k] < 180))
      refuse(path, "has a box of lengths " + short_text(length[0]) + ", " + short_text(length[1]) + ", " + short_text(length[2]) + " and angles " +
                       short_text(angle[0]) + ", " + short_text(angle[1]) + ", " + short_text(angle[2]));
  const auto cosine = [&](int k) { return angle[k] == 90 ? 0.0 : std::cos(angle[k] * std::acos(-1.0) / 180); };
  const double ca = cosine(0), cb = cosine(1), cc = cosine(2), sc = std::sqrt(1 - cc * cc);
  const double y = (ca - cb * cc) / sc, z2 = 1 - cb * cb - y * y;
  if (!(z2 > 0)) refuse(path, "has a box whose angles " + short_text(angle[0]) + ", " + short_text(angle[1]) + ", " + short_text(angle[2]) + " cannot be");
  const double all[9] = {length[0], 0, 0, length[1] * cc, length[1] * sc, 0, length[2] * cb, length[2] * y, length[2] * std::sqrt(z2)};
  std::copy(all, all + 9, edges);
}

}  // namespace

bool is_netcdf(const hdf5::File& file) {
  if (file.has_attribute("/", "_NCProperties")) return true;
  for (const std::string& name : file.children("/"))  // before netCDF 4.4.1
    if (file.has_attribute("/" + name, "_Netcdf4Dimid") || file.has_attribute("/" + name, "_Netcdf4Coordinates")) return true;
  return false;
}

Packing::Packing(const hdf5::File& file, std::string path, std::string variable) : m_path(std::move(path)), m_variable(std::move(variable)) {
  for (const char* name : {"_FillValue", "missing_value"})
    for (const double value : file.read_numbers(m_variable, name)) m_missing.push_back(value);
  if (!file.has_attribute(m_variable, "_FillValue")) {
    // netCDF's own fill values where nobody chose one: of double and single precision; of integers they may be numbers like others.
    m_missing.push_back(9.9692099683868690e+36);
  }
  const std::vector<double> range = file.read_numbers(m_variable, "valid_range");
  const bool has_range = range.size() == 2;
  m_least = file.read_number(m_variable, "valid_min", has_range ? range[0] : m_least);
  m_most = file.read_number(m_variable, "valid_max", has_range ? range[1] : m_most);
  m_is_unsigned = file.read_text(m_variable, "_Unsigned", "") == "true";
  m_scale = file.read_number(m_variable, "scale_factor", 1);
  m_offset = file.read_number(m_variable, "add_offset", 0);
}

double Packing::unpacked(double value, Index row, Index column) const {
  const auto place = [&] { return " in " + m_variable + ", row " + std::to_string(row) + ", column " + std::to_string(column) + " (from 0): "; };
  for (const double missing : m_missing)
    if (value == missing || (std::isnan(missing) && std::isnan(value)))
      refuse(m_path, "has the fill value " + short_text(missing) + place() + "a number that is missing");
  if (value < m_least || value > m_most)
    refuse(m_path, "has " + short_text(value) + place() + "beyond its valid range from " + short_text(m_least) + " to " + short_text(m_most) +
                       ", which makes it a number that is missing");
  if (m_is_unsigned && value < 0)
    refuse(m_path, "has " + short_text(value) + place() + "a number without sign (_Unsigned) in a type with one: save it as what it stands for");
  return value * m_scale + m_offset;
}

std::optional<Series> netcdf_series(const hdf5::File& file, const std::string& object) {
  if (!file.has(object) || file.is_group(object)) return {};
  const std::vector<Index> shape = file.shape(object);
  const std::string time = time_of(file, object);
  if (shape.empty() || time.empty()) return {};
  const std::vector<double> own = dimensions_of(file, object), of_time = dimensions_of(file, time);
  if (own.empty() || of_time.empty() || own[0] != of_time[0]) return {};
  Series series;
  series.values = object;
  series.frames = shape[0];
  take_times(file, time, series);
  return series;
}

std::optional<Particles> amber_particles(const SharedFile& file, const std::string& path, const std::string& object) {
  const std::string conventions = file->read_text("/", "Conventions", "") + file->read_text("/", "conventions", "");
  if (conventions.find("AMBER") == std::string::npos && conventions.find("Pande") == std::string::npos) return {};
  const std::string named = object.empty() ? "/coordinates" : object;
  if (!file->has(named) || file->is_group(named)) return {};
  const std::vector<Index> shape = file->shape(named);
  if (shape.size() != 3) {
    if (object.empty()) refuse(path, "follows the convention " + conventions + " and has " + named + " of " + hdf5::text_of(shape) + ": frames are wanted");
    return {};
  }
  Series series;
  series.values = named;
  series.frames = shape[0];
  if (file->has("/time") && !file->is_group("/time") && file->shape("/time").size() == 1) take_times(*file, "/time", series);
  Particles particles{path, named, series.frames, shape[1], shape[2]};
  particles.clock = series;
  particles.notes = series.notes;
  particles.length_unit = file->read_text(named, "units", "");
  const Index numbers = shape[1] * shape[2];
  const auto packing = is_netcdf(*file) ? std::make_shared<Packing>(*file, path, named) : nullptr;
  particles.read = [file, named, packing, numbers](Index first, Index count, Index stride, double* values) {
    file->read_frames(named, first, count, stride, values);
    for (Index f = 0; f < count && packing; ++f) packing->unpack(values + f * numbers, numbers, first + f * stride);
  };
  if (named != "/coordinates" || !file->has("/cell_lengths") || !file->has("/cell_angles") || shape[2] != 3) return particles;
  double first[3] = {};
  if (series.frames > 0) file->read_frames("/cell_lengths", 0, 1, 1, first);
  if (first[0] == 0 && first[1] == 0 && first[2] == 0) return particles;  // how some write that there is no box
  particles.periodic.assign(3, true);
  particles.box = [file, path](Index frame, double* edges) {
    double length[3] = {}, angle[3] = {};
    file->read_frames("/cell_lengths", frame, 1, 1, length);
    file->read_frames("/cell_angles", frame, 1, 1, angle);
    triclinic(path, length, angle, edges);
  };
  return particles;
}

}  // namespace kswgd::io
