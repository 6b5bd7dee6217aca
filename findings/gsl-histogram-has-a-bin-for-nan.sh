#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# GSL 2.7.1 (Debian 12), gsl_histogram_increment of the numbers 1.5, 2.5, 3.5, 7, NaN in bins from 0 to 4.
#
# Expected: NaN is left out with a status of its own (GSL_EDOM), as 7 is, which lies outside; numpy.histogram leaves both out.
# Seen:     7 is left out with GSL_EDOM (1). NaN is counted in the first bin, with the status GSL_SUCCESS (0), and so in both directions of a histogram in two dimensions. The sum is 4, the mean 2.0
#           where it is 2.5.
# Why it matters: the first bin is the tail: the lowest energy, the shortest distance, the rarest state. A few frames whose observable does not exist make a peak there, and a free energy, -log of the counts, has a
#           minimum at its edge. Test isnan first.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libgsl-dev=2.7.1+dfsg-5+deb12u1 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >counts.cpp <<'CPP'
#include <cmath>
#include <cstdio>
#include <initializer_list>

#include <gsl/gsl_histogram.h>
#include <gsl/gsl_histogram2d.h>

int main() {
  gsl_histogram *line = gsl_histogram_alloc(4);
  gsl_histogram2d *plane = gsl_histogram2d_alloc(4, 4);
  gsl_histogram_set_ranges_uniform(line, 0, 4);
  gsl_histogram2d_set_ranges_uniform(plane, 0, 4, 0, 4);
  int status[5], k = 0;
  for (double x : {1.5, 2.5, 3.5, 7.0, std::nan("")}) {
    status[k] = gsl_histogram_increment(line, x);
    const int both = gsl_histogram2d_increment(plane, x, 3.5);
    std::printf("%g: status %d, in the plane %d\n", x, status[k++], both);
  }
  std::printf("bins %g %g %g %g, sum %g, mean %g; first row of the plane %g\n", gsl_histogram_get(line, 0), gsl_histogram_get(line, 1), gsl_histogram_get(line, 2), gsl_histogram_get(line, 3),
              gsl_histogram_sum(line), gsl_histogram_mean(line), gsl_histogram2d_get(plane, 0, 3));
  const bool counted = gsl_histogram_get(line, 0) == 1 && gsl_histogram_sum(line) == 4 && gsl_histogram_mean(line) == 2 && gsl_histogram2d_get(plane, 0, 3) == 1;
  return counted && status[3] == 1 && status[4] == 0 ? 0 : 1;
}
CPP
c++ -std=c++17 -O1 -w -isystem usr/include counts.cpp -o counts -Lusr/lib/x86_64-linux-gnu -l:libgsl.a -l:libgslcblas.a
./counts
