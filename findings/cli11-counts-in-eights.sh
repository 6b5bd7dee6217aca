#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# CLI11 2.1.2 (Debian 12), options for an integer and for a double, given as 010 on the command line and in a file of settings (TOML).
#
# Expected: 10 for both, as with std::stoi, std::from_chars, boost::program_options and argparse; TOML refuses leading zeros.
# Seen:     8 for the integer, 10 for the double; in the file, too. 08 and 09 are refused for the integer ("Could not convert"). A zero in front makes an integer octal, as in C's source text, and 0x10 is 16.
# Why it matters: run numbers and seeds are padded with zeros (seq -w, array jobs, names of folders). Seeds 008 and 009 fail, which one mends; 010 to 017 are then runs with the seeds 8 to 15, some of them the same
#           as others, and a step count of 0100 is 64. Strip zeros in the script, or read a double.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libcli11-dev=2.1.2+ds-1 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >options.cpp <<'CPP'
#include <iostream>

#include <CLI/CLI.hpp>

int main(int count, char **words) {
  CLI::App app;
  int seed = -1;
  double length = -1;
  app.add_option("--seed", seed);
  app.add_option("--length", length);
  app.set_config("--config");
  try {
    app.parse(count, words);
  } catch (const CLI::Error &error) {
    std::cout << "refused: " << error.what() << "\n";
    return 0;
  }
  std::cout << seed << " " << length << "\n";
}
CPP
c++ -std=c++17 -w -isystem usr/include options.cpp -o options
printf 'seed = 010\nlength = 010\n' >settings.toml
padded=$(./options --seed 010 --length 010)
plain=$(./options --seed 10 --length 10)
eight=$(./options --seed 08)
settings=$(./options --config settings.toml)
echo "CLI11 $(grep -h -o 'CLI11_VERSION "[0-9.]*"' usr/include/CLI/Version.hpp): integer and double of 10: $plain, of 010: $padded, of 010 in a file: $settings; integer of 08: $eight"
[[ $plain == "10 10" && $padded == "8 10" && $settings == "8 10" && $eight == refused* ]] || exit 1
