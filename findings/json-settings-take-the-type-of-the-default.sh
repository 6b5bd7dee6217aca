#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# nlohmann::json 3.11.2 (Debian 12), settings.value(name, default) of a file with "dt": 0.5, "steps": 5000000000 and "seed": -1.
#
# Expected: the number of the file, as settings[name] prints it; a default is for a name that is missing. Or an error, as for a text in the place of a number.
# Seen:     the number is converted to the type that the default happens to have: value("dt", 1) is 0, with the default 1.0 it is 0.5. value("steps", 1000) is 705032704, value("seed", 1u) is 4294967295. Text
#           ends in an exception, and so does true for a number's default; numbers that do not fit do not.
# Why it matters: 1 is how one writes a default of one. A time step, a temperature or a width of 0 in a run that was set to 0.5, with the setting read and no complaint; a run that ends after a seventh of its
#           steps. The file is right, the printed settings are right. Write value<double>("dt", 1), and compare a count with what it was read from.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet nlohmann-json3-dev=3.11.2-2 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >settings.cpp <<'CPP'
#include <iostream>

#include <nlohmann/json.hpp>

int main() {
  const auto settings = nlohmann::json::parse(R"({"dt": 0.5, "steps": 5000000000, "seed": -1, "name": "7"})");
  const auto dt = settings.value("dt", 1);
  const auto as_double = settings.value("dt", 1.0);
  const auto steps = settings.value("steps", 1000);
  const auto seed = settings.value("seed", 1u);
  bool refused = false;
  try {
    settings.value("name", 1);
  } catch (const nlohmann::json::type_error &error) {
    refused = true;
    std::cout << "a text: " << error.what() << "\n";
  }
  std::cout << "nlohmann::json " << NLOHMANN_JSON_VERSION_MAJOR << "." << NLOHMANN_JSON_VERSION_MINOR << "." << NLOHMANN_JSON_VERSION_PATCH << ", " << settings << ": dt " << dt << ", with a double for a default "
            << as_double << ", steps " << steps << ", seed " << seed << "\n";
  return dt == 0 && as_double == 0.5 && steps == 705032704 && seed == 4294967295u && refused ? 0 : 1;
}
CPP
c++ -std=c++17 -w -isystem usr/include settings.cpp -o settings
./settings
