#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Armadillo 11.4.2 (Debian 12), mat::load(file, arma::csv_ascii) of a table with a line of names, and of one with empty fields.
#
# Expected: false, as for other files that it cannot read (a text file that begins with "# x y" is refused), or NaN for what is no number.
# Seen:     true, and zeros: the line of names is a first row of zeros, an empty field or a word is 0, and nothing is said. (csv_opts::with_header takes the names away, for those who know.)
# Why it matters: a point at the origin is a plausible sample. Of many rows it moves a mean by little and a minimum, a nearest neighbour or a density at 0 by much; missing
#           numbers become measurements. Load through csv_name(file, csv_opts::with_header), and count the rows.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libarmadillo-dev=1:11.4.2+dfsg-1 >/dev/null 2>&1
dpkg -x ./*.deb .
printf 'x,y\n1,2\n3,4\n' >names.csv
printf '1,2\n,4\nabc,6\n' >holes.csv
cat >load.cpp <<'CPP'
#include <armadillo>
int main() {
  arma::mat names, holes;
  const bool loaded = names.load("names.csv", arma::csv_ascii) && holes.load("holes.csv", arma::csv_ascii);
  std::cout << arma::arma_version::as_string() << ", loaded: " << loaded << "\nwith a line of names:\n" << names << "with an empty field and a word:\n" << holes;
  const arma::mat rows{{0, 0}, {1, 2}, {3, 4}}, zeros{{1, 2}, {0, 4}, {0, 6}};
  return loaded && arma::approx_equal(names, rows, "absdiff", 0) && arma::approx_equal(holes, zeros, "absdiff", 0) ? 0 : 1;
}
CPP
c++ -std=c++14 -w -DARMA_DONT_USE_WRAPPER -DARMA_DONT_USE_LAPACK -DARMA_DONT_USE_BLAS -DARMA_DONT_USE_SUPERLU -isystem usr/include -isystem usr/include/x86_64-linux-gnu load.cpp -o load
./load
