// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/samples_file.hpp>

#include "hdf5.hpp"

// A file of samples whose points come from elsewhere: from several ranks.
namespace kswgd::io {

/// Everything that a file of samples holds; points(file) puts /samples there.
void write_samples(AtomicFile& out, const std::function<void(hdf5::File&)>& points, const FlowReport& report, const FileStamp& stamp,
                   const std::vector<std::string>& columns);

}  // namespace kswgd::io
