// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cli/inputs.hpp"
#include "cli/manual.hpp"
#include "cli/printable.hpp"
#include "fuzz.hpp"

#include <cmath>
#include <cstdlib>

// Texts of options: numbers, names of files with datasets, lists.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kswgd;
  fuzz::start();
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::accepted("", [&] {
    const double width = cli::bandwidth_of(text);
    fuzz::expect(std::isfinite(width) && width >= 0, "a bandwidth that is none", text);
  });
  const auto [file, dataset] = io::split_dataset(text);
  fuzz::expect(file.size() + dataset.size() + 1 >= text.size() && text.compare(0, file.size(), file) == 0, "a name that fell apart", text);
  fuzz::accepted("", [&] { io::format_of(text); });
  fuzz::expect(cli::suggestion(text, cli::command_names()).size() < 100, "a suggestion without an end");

  for (const auto& rule : {cli::count(cli::most_steps), cli::count(cli::most_features, 0), cli::seed_rule(), cli::positive(), cli::non_negative()}) {
    std::string value = text;
    if (!rule(value).empty()) continue;
    const double number = std::strtod(value.c_str(), nullptr);
    const bool octal = value.size() > 1 && (value[0] == '0' || value[0] == '-' || value.find_first_of("xXbBoO'_ ") != value.npos);  // CLI11's own forms
    fuzz::expect(octal || (number >= 0 && std::isfinite(number)), "a number that is none", text);
  }
  const std::string shown = cli::printable(text, false);
  for (const char c : shown) fuzz::expect(static_cast<unsigned char>(c) >= 0x20 || c == '\t', "a control character for the terminal", text);
  fuzz::expect(cli::printable(shown, false) == shown, "a text that changes when it is shown twice", text);
  const auto json = cli::Json({{"text", text}}).dump(2, ' ', false, cli::Json::error_handler_t::replace);
  fuzz::expect(cli::Json::parse(cli::printable_json(json)) == cli::Json::parse(json), "a JSON of another meaning", text);
  return 0;
}
