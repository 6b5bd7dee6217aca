// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "hdf5.hpp"

#include <kswgd/estimator/online.hpp>

// What an OnlineFit goes on from, in the file of its model: /sums, /sample and /sample_of_pairs.
namespace kswgd::io {

void write_state(hdf5::File& file, const OnlineState& state);

/// layout: the model of the file. Throws InvalidInput that names the file where it has no sums, or they contradict themselves.
OnlineState read_state(const hdf5::File& file, const std::string& path, ModelData layout);

}  // namespace kswgd::io
