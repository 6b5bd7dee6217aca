#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# GSL 2.7.1 (Debian 12), gsl_stats_wmean of 1, 2, 10 with the weights 1, 1 and -0.5, and gsl_stats_wvariance.
#
# Expected: the sum of w x over the sum of w, which is the formula of the manual: -1.33; or an error (GSL_EDOM).
# Seen:     1.5, the mean of 1 and 2: a weight that is not above 0 is taken for 0, in the variance (0.5), too. The manual has weights as 1 / sigma^2, and says that an element of weight 0 is left out; of negative ones it
#           says nothing. A rule of quadrature with weights of both signs gives 0.14 where it has 0.20 by hand.
# Why it matters: quadrature rules (Newton and Cotes from 9 points on, sparse grids, Richardson's extrapolation), differences of two reweighted sets, and Koopman or transfer weights from least squares have weights of
#           both signs. The positive part alone gives a number between the data, which looks better than the right one. Sum by hand.
#
# Needs Debian 12 and a C compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libgsl-dev=2.7.1+dfsg-5+deb12u1 libgsl27=2.7.1+dfsg-5+deb12u1 libgslcblas0=2.7.1+dfsg-5+deb12u1 >/dev/null 2>&1
for package in ./*.deb; do
  dpkg -x "$package" .
done
cat >mean.c <<'C'
#include <math.h>
#include <stdio.h>

#include <gsl/gsl_statistics.h>
#include <gsl/gsl_version.h>

int main(void) {
  const double x[] = {1, 2, 10}, weights[] = {1, 1, -0.5};
  double sum = 0, of_weights = 0;
  for (int i = 0; i < 3; ++i) {
    sum += weights[i] * x[i];
    of_weights += weights[i];
  }
  const double mean = gsl_stats_wmean(weights, 1, x, 1, 3), variance = gsl_stats_wvariance(weights, 1, x, 1, 3);
  /* Open Newton-Cotes of five points, for the integral of x^4 from 0 to 1 over its length. */
  const double rule[] = {11.0 / 20, -14.0 / 20, 26.0 / 20, -14.0 / 20, 11.0 / 20};
  double powers[5], quadrature = 0;
  for (int i = 0; i < 5; ++i) {
    powers[i] = pow((i + 1) / 6.0, 4);
    quadrature += rule[i] * powers[i];
  }
  const double by_gsl = gsl_stats_wmean(rule, 1, powers, 1, 5);
  printf("GSL %s: weighted mean %g (sum of w x over sum of w %g), variance %g; rule of quadrature %g (x^4: %g by hand)\n", gsl_version, mean, sum / of_weights, variance, by_gsl, quadrature);
  return mean == 1.5 && variance == 0.5 && fabs(quadrature - 0.2) < 0.01 && fabs(by_gsl - quadrature) > 0.02 ? 0 : 1;
}
C
cc -w -isystem "$folder/usr/include" mean.c -L"$folder/usr/lib/x86_64-linux-gnu" -lgsl -lgslcblas -lm -o mean
LD_LIBRARY_PATH="$folder/usr/lib/x86_64-linux-gnu" ./mean
