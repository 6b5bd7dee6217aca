// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/version.hpp>

#include "git_state.hpp"

namespace kswgd {

const char* version() { return KSWGD_VERSION; }

const char* git_hash() { return KSWGD_GIT_STATE; }

}  // namespace kswgd
