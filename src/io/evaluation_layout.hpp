// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/io/evaluation_file.hpp>
#include <string>
#include <vector>

#include "hdf5.hpp"

// The datasets of an evaluation, for whoever writes them in parts.
namespace kswgd::io {

/// One of the results.
struct EvaluationPart {
  std::string name;            ///< of its dataset
  std::vector<hsize_t> row;    ///< the shape of one row
  std::vector<double> values;  ///< row after row; none in a layout
  Index width() const;         ///< numbers of a row
};

/// What there is of an evaluation.
std::vector<EvaluationPart> parts_of(const Evaluation& evaluation);
/// What there will be.
std::vector<EvaluationPart> parts_of(const EvaluationShape& shape);

/// The shape of the dataset of a part, of all points.
std::vector<hsize_t> dataset_shape(const EvaluationPart& part, Index points);

/// All that the file holds beside the numbers, once its datasets are there.
void write_evaluation_texts(hdf5::File& file, const EvaluationShape& shape, const FileStamp& stamp);

}  // namespace kswgd::io
