// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <string>
#include <vector>

namespace kswgd::reproduce {

/// The data file of this name that comes with the program, found from where the program stands (share/kswgd/data beside its
/// folder, in the build and where it is installed); `given` where that is not empty. Throws InvalidInput that says where it was looked for.
std::string data_file(const std::string& name, const std::string& given);

/// The files that an experiment reads: `given`, or the one that comes with the program, or none.
std::vector<std::string> data_of(const std::string& experiment, const std::string& given);

}  // namespace kswgd::reproduce
