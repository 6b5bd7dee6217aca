// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/io/points_file.hpp>
#include <string>

/// @file
/// Networks: an HDF5 file with the datasets W0, b0, W1, b1, ... (weights outputs x inputs, of any real type) and the attribute `activation` on the
/// file's root. A normalised layer has gain0, shift0 (outputs) beside them; the dataset `residual` lists the numbers of the residual layers.
/// `kswgd train`, kswgd.learning and python/export_perceptron.py write one.

namespace kswgd::io {

/// Reads a network, in the units that it was trained in. Throws InvalidInput naming file and dataset for what is missing, has
/// the wrong shape or is not finite; whether layers follow one another is checked by PerceptronDictionary.
PerceptronDictionaryData read_perceptron(const std::string& path);

/// Writes a network, in the units that it was trained in, whole or not at all.
void write_perceptron(const std::string& path, const PerceptronDictionaryData& network, const FileStamp& stamp = {});

}  // namespace kswgd::io
