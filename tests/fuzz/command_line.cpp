// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cli/command_line.hpp"
#include "cli/kokkos_arguments.hpp"
#include "cli/printable.hpp"
#include "fuzz.hpp"

// Command lines, an argument a line: read, and checked as main does before any work. None does any.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kswgd;
  fuzz::start();
  static const bool moved = [] {
    std::filesystem::current_path(fuzz::folder());
    return true;
  }();
  fuzz::expect(moved, "no folder");
  std::vector<std::string> arguments;
  for (const std::uint8_t* end = data + size; data < end;) {
    const std::uint8_t* const stop = std::find(data, end, static_cast<std::uint8_t>('\n'));
    arguments.emplace_back(data, std::find(data, stop, static_cast<std::uint8_t>(0)));
    data = stop == end ? end : stop + 1;
  }
  const auto readable = [](const std::string& text) {
    for (const char c : text) fuzz::expect(static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n', "a control character for the terminal", text);
  };
  try {
    cli::CommandLine line(arguments, {});
    if (!line.read()) return 0;
    cli::check_kokkos_arguments(line.kokkos_arguments());
    line.files().check();
    fuzz::expect(line.entry().name != nullptr, "no command");
    readable(cli::printable(line.common().command_line, true));
    const auto json = cli::Json::parse(line.common().json_text({{"command", line.common().command_line}}));
    fuzz::expect(json.is_object(), "a JSON that is none");
  } catch (const InvalidInput& error) {
    readable(cli::printable(error.what(), false));
  }
  return 0;
}
