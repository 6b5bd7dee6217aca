// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/evaluation_file.hpp>
#include <string>
#include <vector>

#include "hdf5.hpp"

// The datasets of an evaluation, for whoever writes them in parts.
namespace kswgd::io {

struct EvaluationPart {
  std::string name;
  std::vector<hsize_t> row;    ///< the shape of one row
  std::vector<double> values;  ///< row after row
};

/// What there is of an evaluation.
std::vector<EvaluationPart> parts_of(const Evaluation& evaluation);

/// All that an evaluation's file holds; parts(file) puts the datasets there.
void write_evaluation(AtomicFile& out, const Evaluation& evaluation, const FileStamp& stamp, const std::function<void(hdf5::File&)>& parts);

}  // namespace kswgd::io
