// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>

#include "hdf5.hpp"

// The dictionaries and the geometry of a model in its file: /dictionary with the attribute `kind`, /geometry.
namespace kswgd::io {

/// Throws InvalidInput for a dictionary of the caller's own: a file cannot hold one.
void write_dictionary(hdf5::File& file, const DictionaryData& dictionary);

/// The dictionary and, of the model read so far, its landmarks. Throws InvalidInput when the parts do not fit each other.
DictionaryData read_dictionary(const hdf5::File& file, const std::string& path, const ModelData& model);

/// Features of a dictionary, as the model's other parts must have them.
Index features_of(const DictionaryData& dictionary);

void write_geometry(hdf5::File& file, const GeometryData& geometry);
GeometryData read_geometry(const hdf5::File& file);

/// Vectors as HDF5 takes them, and as models hold them.
std::vector<double> as_vector(const HostVector& v);
HostVector as_view(const std::vector<double>& v);

}  // namespace kswgd::io
