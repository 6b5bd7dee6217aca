// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>

#include "hdf5.hpp"

// The dictionaries and the geometry of a model in its file: /dictionary with the attribute `kind`, /geometry.
namespace kswgd::io {

/// Throws InvalidInput for a dictionary of the caller's own: a file cannot hold one.
void write_dictionary(hdf5::File& file, const DictionaryData& dictionary);

/// The dictionary of the file at `path`, with the coordinates and the landmarks of the model that was read so far. Throws InvalidInput
/// that names file and field for what a dictionary cannot have (see fields.hpp), and where its features are not as many as /moments
/// says.
DictionaryData read_dictionary(const hdf5::File& file, const std::string& path, const ModelData& model);

/// Features of a dictionary; 0 of one of the caller's own.
Index features_of(const DictionaryData& dictionary);

void write_geometry(hdf5::File& file, const GeometryData& geometry);
/// dimension: of the embedding. Throws InvalidInput that names file and field for factors that cannot be, or do not take so many
/// coordinates.
GeometryData read_geometry(const hdf5::File& file, const std::string& path, Index dimension);

/// Vectors as HDF5 takes them, and as models hold them.
std::vector<double> as_vector(const HostVector& v);
HostVector as_view(const std::vector<double>& v);

}  // namespace kswgd::io
