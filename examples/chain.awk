# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# A Markov chain as a Bayesian analysis leaves it: random-walk Metropolis for a decay y = a exp(-k t) + noise of size s, seen 12 times.
# Parameters are log_a, log_k, log_s, with independent standard normal priors. One row for each step of the chain, the refused ones repeated:
#     awk -f examples/chain.awk > chain.csv
# -v steps=N: rows (20000); the first 1000 steps are left out.
function uniform() { state = (16807 * state) % 2147483647; return state / 2147483647 }
function normal() { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()) }
function log_posterior(la, lk, ls,   i, r, sum) {
  sum = -(la * la + lk * lk + ls * ls) / 2
  for (i = 1; i <= m; ++i) { r = (y[i] - exp(la - exp(lk) * t[i])) / exp(ls); sum -= r * r / 2 + ls }
  return sum
}
BEGIN {
  if (steps == "") steps = 20000
  state = 20240607
  m = split("0.1 0.3 0.5 0.8 1.0 1.3 1.6 2.0 2.5 3.0 3.5 4.0", t, " ")
  split("1.62 1.71 1.05 1.36 1.04 0.61 0.97 0.42 0.55 0.08 0.37 0.21", y, " ")
  la = 0.5; lk = -0.5; ls = -1.5; here = log_posterior(la, lk, ls)
  print "log_a,log_k,log_s"
  for (step = 1; step <= steps + 1000; ++step) {
    pa = la + 0.15 * normal(); pk = lk + 0.25 * normal(); ps = ls + 0.25 * normal()
    there = log_posterior(pa, pk, ps)
    if (log(uniform()) < there - here) { la = pa; lk = pk; ls = ps; here = there }
    if (step > 1000) printf "%.6f,%.6f,%.6f\n", la, lk, ls
  }
}
