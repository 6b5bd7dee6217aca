// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <gtest/gtest.h>
#include <type_traits>

/// @file
/// Included before all else in HIP builds. GoogleTest keeps maps whose entries clang 15 in HIP mode makes whole at the end of a
/// file, where it crashes; made whole here it does not.

static_assert(std::is_copy_constructible_v<std::pair<const std::string, testing::internal::CodeLocation>>);
static_assert(!std::is_copy_assignable_v<std::pair<const std::string, testing::internal::CodeLocation>>);
