// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"
#include "printable.hpp"

#include <fmt/core.h>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>

namespace kswgd::cli {
namespace {

/// JSON has no NaN: null says that there is no number.
void replace_non_finite(Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) value = nullptr;
  if (value.is_structured())
    for (auto& element : value) replace_non_finite(element);
}

/// The longest name of an option, as people write it: "--output" of "-o,--output", "DATA" of an argument.
std::string name_in(const std::string& flags) { return flags.substr(flags.rfind(',') + 1); }

CLI::Validator number_rule(const char* rule, bool zero) {
  const auto check = [rule, zero](const std::string& text) -> std::string {
    double value = 0;
    const bool number = CLI::detail::lexical_cast(text, value);
    return number && std::isfinite(value) && (value > 0 || (zero && value == 0)) ? "" : fmt::format("must be {}, got '{}'", rule, text);
  };
  return {[check](std::string& text) { return check(text); }, zero ? "NONNEGATIVE" : "POSITIVE", zero ? "NONNEGATIVE" : "POSITIVE"};
}

/// Does not throw: whether stdout took it is asked at the end, where it is known whether anybody misses it.
void write_to_stdout(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

template <class Number>
bool parse_all(const std::string& text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

io::FileStamp Common::stamp() const { return {seed, version(), git_hash(), Exec::name(), command_line}; }

void Common::say(const std::string& line) const {
  if (talks()) write_to_stdout(printable(line, true) + "\n");
}

std::string Common::json_text(const Json& result) const {
  Json clean = result;
  clean["seed"] = seed;
  clean["version"] = version();
  clean["git"] = git_hash();
  clean["backend"] = Exec::name();
  replace_non_finite(clean);
  return printable_json(clean.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void say_verdict(const Common& common, const std::string& file, const TwoSampleTest& test) {
  common.say(std::string("verdict: ") + test.verdict());
  for (const std::string& reason : test.reasons) common.say("doubtful: " + reason);
  if (test.is_good() || common.talks() || !common.ranks.is_first()) return;
  std::string line = "kswgd: doubtful: " + file;
  for (const std::string& reason : test.reasons) line += (&reason == &test.reasons.front() ? ": " : "; ") + reason;
  std::fprintf(stderr, "%s\n", printable(line, false).c_str());
}

void Common::write_json(const Json& result) const {
  if (json.empty() || !ranks.is_first()) return;
  if (json == "-")
    write_to_stdout(json_text(result));
  else
    outputs->write_text(json, json_text(result));
}

Command::Command(CLI::App& app, Common& common, const std::string& section) : m_app(app) {
  output("--json", common.json, OutputKind::json, "write the result as JSON to FILE ('-': stdout, which then carries nothing else)");
  app.add_flag("--quiet", common.quiet, "print nothing but errors");
  app.add_option("--seed", common.seed, "seed of everything random, recorded in the output")->capture_default_str()->check(seed_rule());
  app.footer("Options that begin with --kokkos- go to Kokkos (--kokkos-num-threads=N, --kokkos-device-id=N, ...).\nMore in docs/commands.md: section " +
             section + ".");
}

CLI::Option* Command::input(const std::string& flags, std::string& value, const std::string& text, const char* type) {
  reads(name_in(flags), [&value] { return std::vector<std::string>{value}; });
  CLI::Option* option = m_app.add_option(flags, value, text);
  return flags.front() == '-' ? option->type_name(type) : option;
}

CLI::Option* Command::inputs(const std::string& flags, std::vector<std::string>& values, const std::string& text) {
  reads(name_in(flags), [&values] { return values; });
  return m_app.add_option(flags, values, text);
}

CLI::Option* Command::output(const std::string& flags, std::string& value, OutputKind kind, const std::string& text, const bool* unless) {
  writes(name_in(flags), kind, [&value, unless] { return unless && *unless ? std::vector<std::string>() : std::vector<std::string>{value}; });
  return m_app.add_option(flags, value, text)->type_name("FILE");
}

CLI::Validator count(Index most, Index least) {
  const auto rule = [most, least](std::string& text) -> std::string {
    Index value = 0;
    if (double real = 0; !parse_all(text, value)) {
      if (!CLI::detail::lexical_cast(text, real) || !(std::floor(real) == real)) return fmt::format("must be a whole number, got '{}'", text);
      value = real < -1e18 ? std::numeric_limits<Index>::min() : real > 1e18 ? std::numeric_limits<Index>::max() : static_cast<Index>(real);
    }
    if (value > most) return fmt::format("must be at most {}, got '{}'", most, text);
    if (value < least)
      return least == 1   ? fmt::format("must be a positive number, got '{}'", text)
             : least == 0 ? fmt::format("must be 0 or a positive number, got '{}'", text)
                          : fmt::format("must be at least {}, got '{}'", least, text);
    text = std::to_string(value);  // CLI11 would take 010 for 8
    return "";
  };
  return {rule, least == 0 ? "NONNEGATIVE" : "POSITIVE", least == 0 ? "NONNEGATIVE" : "POSITIVE"};
}

CLI::Validator seed_rule() {
  const auto rule = [](std::string& text) -> std::string {
    std::uint64_t value = 0;
    if (!parse_all(text, value)) return fmt::format("must be a whole number from 0 to {}, got '{}'", std::numeric_limits<std::uint64_t>::max(), text);
    text = std::to_string(value);
    return "";
  };
  return {rule, "NONNEGATIVE", "NONNEGATIVE"};
}

CLI::Validator positive() { return number_rule("a positive number", false); }
CLI::Validator non_negative() { return number_rule("0 or a positive number", true); }

void require_memory(const char* function, double bytes, const std::string& what) {
  const double held = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  require(held <= 0 || bytes <= held, function,
          [&] { return fmt::format("{} take at least {:.3g} GB, and this machine has {:.3g} GB: ask for fewer", what, bytes / 1e9, held / 1e9); });
}

std::uint64_t peak_bytes(const Reduction& ranks) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(ranks.max(static_cast<double>(usage.ru_maxrss))) * 1024;
}

}  // namespace kswgd::cli
