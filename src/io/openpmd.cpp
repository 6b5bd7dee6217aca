// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"
#include "memory_limit.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <map>

// Particles of the openPMD standard 1.0 to 2.0 (doi:10.5281/zenodo.591699) in HDF5, several iterations in one file.
namespace kswgd::io {
namespace {

/// "data/%T/" is "/data".
std::string without_iteration(std::string text) {
  const std::size_t at = text.find("%T");
  if (at != std::string::npos) text = text.substr(0, at);
  return absolute(text);
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 18 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A component of a record: a dataset, or a group whose attribute says the value of all particles.
struct Component {
  std::string object;
  Index size = 0;
  double unit = 1;
  bool constant = false;
  double value = 0;
};

std::optional<Component> component(const hdf5::File& file, const std::string& path, const std::string& object, std::vector<std::string>& notes) {
  if (!file.has(object)) return {};
  Component found{object};
  found.constant = file.is_group(object);
  if (found.constant) {
    const std::vector<double> shape = file.read_numbers(object, "shape");
    if (!file.has_attribute(object, "value")) return {};
    if (shape.size() != 1 || !(shape[0] >= 0 && shape[0] < 1e15)) refuse(path, "has a constant component " + object + " without a shape of one dimension");
    found.size = static_cast<Index>(shape[0]);
    found.value = file.read_number(object, "value", 0);
  } else {
    const std::vector<Index> shape = file.shape(object);
    if (shape.size() != 1) refuse(path, "has in " + object + " a shape of " + hdf5::text_of(shape) + ", where a number for each particle is wanted");
    found.size = shape[0];
  }
  if (file.has_attribute(object, "unitSI"))
    found.unit = file.read_number(object, "unitSI", 1);
  else if (notes.empty())
    notes.push_back(object + " has no attribute unitSI: its numbers are taken as they are");
  if (!std::isfinite(found.unit) || found.unit == 0) refuse(path, "has in " + object + " a unitSI of " + short_text(found.unit));
  return found;
}

std::vector<double> values_of(const hdf5::File& file, const Component& from) {
  std::vector<double> values(static_cast<std::size_t>(from.size), from.value);
  if (!from.constant) values = file.read_vector(from.object);
  for (double& value : values) value *= from.unit;
  return values;
}

/// A record of a species in one iteration.
struct Record {
  std::vector<Component> components, offsets;
  std::optional<Component> id, weight;
  double weighting_power = 0;
  bool macro = false;
  Index size = 0;
};

struct Place {
  std::string species, record;
};

Record find_record(const hdf5::File& file, const std::string& path, const Place& place, std::vector<std::string>& notes) {
  Record found;
  const std::string object = join(place.species, place.record);
  if (!file.has(object)) refuse(path, "has no " + object + what_there_is(file));
  if (auto scalar = component(file, path, object, notes)) {
    found.components.push_back(*scalar);
  } else {
    for (const char* name : {"x", "y", "z"})
      if (auto part = component(file, path, join(object, name), notes)) found.components.push_back(*part);
    if (found.components.empty())  // r, theta, ... in the order of their names
      for (const std::string& name : file.children(object))
        if (auto part = component(file, path, join(object, name), notes)) found.components.push_back(*part);
  }
  if (found.components.empty()) refuse(path, "has no components in " + object);
  found.size = found.components[0].size;
  for (const Component& part : found.components)
    if (part.size != found.size)
      refuse(path,
             "has " + std::to_string(part.size) + " particles in " + part.object + " and " + std::to_string(found.size) + " in " + found.components[0].object);
  if (place.record == "position") {
    std::size_t k = 0;
    for (const char* name : {"x", "y", "z"}) {
      if (k == found.components.size()) break;
      if (base_name(found.components[k].object) != name) continue;
      const auto offset = component(file, path, join(place.species, "positionOffset/" + std::string(name)), notes);
      if (offset && offset->size != found.size)
        refuse(path, "has " + std::to_string(offset->size) + " offsets in " + offset->object + " for " + std::to_string(found.size) + " particles");
      found.offsets.push_back(offset ? *offset : Component{"", found.size, 1, true, 0});
      ++k;
    }
  }
  found.id = component(file, path, join(place.species, "id"), notes);
  found.weight = component(file, path, join(place.species, "weighting"), notes);
  for (const auto* of : {&found.id, &found.weight})
    if (*of && (*of)->size != found.size)
      refuse(path, "has " + std::to_string((*of)->size) + " numbers in " + (*of)->object + " for " + std::to_string(found.size) + " particles");
  if (file.has_attribute(object, "macroWeighted"))
    found.macro = file.read_integer(object, "macroWeighted", 0) != 0;
  else if (place.record != "position" && found.weight)
    notes.push_back(object + " has no attribute macroWeighted: its numbers are taken as those of single particles");
  found.weighting_power = file.read_number(object, "weightingPower", 1);
  if (found.macro && !found.weight) refuse(path, "has in " + object + " numbers of macroparticles (macroWeighted) and no weighting to divide them by");
  return found;
}

/// n x d numbers, row by row.
std::vector<double> rows_of(const hdf5::File& file, const std::string& path, const Record& record) {
  const auto n = static_cast<std::size_t>(record.size), d = record.components.size();
  require_memory(path, record.components[0].object, record.size, static_cast<Index>(2 * d));
  std::vector<double> rows(n * d), weight;
  if (record.macro) weight = values_of(file, *record.weight);
  for (std::size_t k = 0; k < d; ++k) {
    const std::vector<double> values = values_of(file, record.components[k]);
    for (std::size_t i = 0; i < n; ++i) rows[i * d + k] = values[i];
    if (k < record.offsets.size() && (!record.offsets[k].constant || record.offsets[k].value != 0)) {
      const std::vector<double> offset = values_of(file, record.offsets[k]);
      for (std::size_t i = 0; i < n; ++i) rows[i * d + k] += offset[i];
    }
    if (record.macro)
      for (std::size_t i = 0; i < n; ++i) rows[i * d + k] /= std::pow(weight[i], record.weighting_power);
  }
  return rows;
}

std::vector<Index> ids_of(const hdf5::File& file, const Record& record) {
  if (!record.id->constant) return file.read_keys(record.id->object);
  return std::vector<Index>(static_cast<std::size_t>(record.size), static_cast<Index>(record.id->value));
}

}  // namespace

bool is_openpmd(const hdf5::File& file) { return file.has_attribute("/", "openPMD"); }

Particles openpmd_particles(const SharedFile& file, const std::string& path, const std::string& named) {
  const std::string base = without_iteration(file->read_text("/", "basePath", "/data/%T/"));
  std::string inner = file->read_text("/", "particlesPath", "particles/");
  while (!inner.empty() && inner.back() == '/') inner.pop_back();
  while (!inner.empty() && inner.front() == '/') inner.erase(0, 1);
  std::vector<std::string> iterations;
  if (file->is_group(base))
    for (const std::string& name : file->children(base))  // in the order of their numbers
      if (is_number(name) && file->is_group(join(base, name) + "/" + inner)) iterations.push_back(name);
  if (iterations.empty()) refuse(path, "says that it follows openPMD " + file->read_text("/", "openPMD", "") + " and has no particles" + what_there_is(*file));

  // "SPECIES", "SPECIES/RECORD", or the path of one of them in one iteration.
  std::string rest = named;
  const std::string prefix = base == "/" ? "/" : base + "/";
  if (rest.rfind(prefix, 0) == 0) {
    const std::size_t end = rest.find('/', prefix.size());
    const std::string iteration = rest.substr(prefix.size(), end == std::string::npos ? end : end - prefix.size());
    if (std::find(iterations.begin(), iterations.end(), iteration) == iterations.end()) refuse(path, "has no particles in the iteration " + prefix + iteration);
    iterations = {iteration};
    rest = end == std::string::npos ? "" : rest.substr(end);
    if (rest.rfind("/" + inner, 0) == 0) rest = rest.substr(inner.size() + 1);
  }
  while (!rest.empty() && rest.front() == '/') rest.erase(0, 1);
  std::string species = rest.substr(0, rest.find('/')), record = rest.find('/') == std::string::npos ? "position" : rest.substr(rest.find('/') + 1);
  const auto particles_of = [&](const std::string& iteration) { return join(base, iteration) + "/" + inner; };
  if (species.empty()) {
    const std::vector<std::string> all = file->children(particles_of(iterations[0]));
    if (all.size() != 1) {
      std::string names;
      for (const std::string& name : all) names += (names.empty() ? "" : ", ") + name;
      refuse(path, "holds the species " + names + " (openPMD): name one with --dataset SPECIES, or FILE:SPECIES");
    }
    species = all[0];
  }

  Particles particles{path, species + "/" + record, static_cast<Index>(iterations.size())};
  std::vector<Record> records;
  for (const std::string& iteration : iterations) {
    const std::string there = particles_of(iteration), at = join(base, iteration);
    std::vector<std::string> again;  // what is said of the first one holds for all
    records.push_back(find_record(*file, path, {join(there, species), record}, records.empty() ? particles.notes : again));
    const double unit = file->read_number(at, "timeUnitSI", 1);
    particles.clock.times.push_back(file->has_attribute(at, "time") ? file->read_number(at, "time", 0) * unit
                                                                    : std::stod(iteration) * file->read_number(at, "dt", 1) * unit);
    if (records.back().components.size() != records[0].components.size())
      refuse(path, "has " + std::to_string(records.back().components.size()) + " components in iteration " + iteration + " and " +
                       std::to_string(records[0].components.size()) + " in iteration " + iterations[0]);
  }
  particles.clock.times_name = join(base, "*") + " (attribute time)";
  particles.clock.time_unit = "s";
  particles.dimension = static_cast<Index>(records[0].components.size());
  particles.length_unit = record == "position" ? "m" : "SI";
  particles.notes.push_back(species + "/" + record + " of openPMD is in SI units: numbers times unitSI" +
                            (record == "position" ? ", with positionOffset" : ""));
  const auto d = static_cast<std::size_t>(particles.dimension);
  if (records.size() == 1) {
    particles.count = records[0].size;
    if (records[0].id) particles.ids = ids_of(*file, records[0]);
    if (records[0].weight) particles.weights = values_of(*file, *records[0].weight);
    particles.read = [file, path, one = records[0]](Index, Index, Index, double* values) {
      const std::vector<double> rows = rows_of(*file, path, one);
      std::copy(rows.begin(), rows.end(), values);
    };
    return particles;
  }
  if (records[0].weight)
    particles.notes.push_back(species + " has weights, which single iterations have (--dataset " + join(base, iterations[0]) + "/" + inner + "/" + species +
                              ") and trajectories have not");
  const bool with_ids = std::all_of(records.begin(), records.end(), [](const Record& one) { return one.id.has_value(); });
  if (!with_ids) {
    for (const Record& one : records)
      if (one.size != records[0].size)
        refuse(path, "has another number of particles of " + species +
                         " in each iteration and no record 'id' to match them by: name one iteration, as --dataset " + join(base, iterations[0]) + "/" + inner +
                         "/" + species);
    particles.count = records[0].size;
    particles.notes.push_back(species + " has no record 'id': the order of the particles is taken to be the same in each iteration, which few codes keep");
    particles.read = [file, path, records](Index first, Index count, Index stride, double* values) {
      for (Index f = 0; f < count; ++f) {
        const std::vector<double> rows = rows_of(*file, path, records[static_cast<std::size_t>(first + f * stride)]);
        std::copy(rows.begin(), rows.end(), values + static_cast<std::size_t>(f) * rows.size());
      }
    };
    return particles;
  }
  std::vector<std::vector<Index>> ids;
  std::vector<Index> all;
  for (std::size_t t = 0; t < records.size(); ++t) {
    ids.push_back(ids_of(*file, records[t]));
    std::vector<Index> own = ids.back();
    std::sort(own.begin(), own.end());
    const auto twice = std::adjacent_find(own.begin(), own.end());
    if (twice != own.end()) refuse(path, "has the id " + std::to_string(*twice) + " twice in iteration " + iterations[t]);
    std::vector<Index> both;
    std::set_union(all.begin(), all.end(), own.begin(), own.end(), std::back_inserter(both));
    all.swap(both);
  }
  particles.count = static_cast<Index>(all.size());
  particles.ids = all;
  particles.read = [file, path, records, ids, all, d](Index first, Index count, Index stride, double* values) {
    for (Index f = 0; f < count; ++f) {
      const auto t = static_cast<std::size_t>(first + f * stride);
      const std::vector<double> rows = rows_of(*file, path, records[t]);
      double* const to = values + static_cast<std::size_t>(f) * all.size() * d;
      std::fill(to, to + all.size() * d, NAN);
      for (std::size_t i = 0; i < ids[t].size(); ++i) {
        const auto at = static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), ids[t][i]) - all.begin());
        std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(i * d), d, to + at * d);
      }
    }
  };
  return particles;
}

}  // namespace kswgd::io
