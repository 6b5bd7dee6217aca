#!/usr/bin/env python3
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares results of `kswgd bench --json`.

  compare.py regressions OLD NEW [--tolerance .1]   exit 1 where a kernel became slower
  compare.py portability FILE... [--figure PNG] [--reference FILE]
                                                    shares of each kernel on each machine, the Pennycook metric, and a figure of merit

A kernel became slower where its time and its share of the machine's own limit are both worse by more than the tolerance, and its rounds
(middle half) do not overlap with those of before. Time alone would blame a machine that others use as well, which slows the ceilings too;
the share alone would blame a kernel beside which a ceiling rose.
The metric (Pennycook, Sewall, Lee, 2016) is the harmonic mean of the shares over all machines, 0 where one lacks the kernel. The figure of merit of a
machine is the geometric mean, over the kernels that both have, of how many times as fast as on the reference they are.
The figure is a roofline in exponentials: kernels at their multiply-adds for each exponential, below what the machine's rates of both allow. (Their data stay in
the caches: 430 features of 100,000 points in the plane are 200 flops for each byte.)
"""

import argparse
import json
import math
import os
import subprocess
import sys


def kernels(path):
    """{(name, n, features, dimension, precision): kernel} of a results file."""
    with open(path) as file:
        result = json.load(file)
    if "kernels" not in result:
        raise SystemExit(f"{path} is not a result of kswgd bench --json: it has no kernels")
    return {(k["name"], k["n"], k["features"], k["dimension"], k["precision"]): k for k in result["kernels"]}, result


def title(key):
    name, n, features, dimension, precision = key
    return f"{name} n={n} p={features} d={dimension} {precision}"


def rounds(kernel):
    """The middle half of a kernel's rounds, in seconds; the median alone in files of before they were kept."""
    return kernel.get("seconds_quartiles", [kernel["seconds"], kernel["seconds"]])


def slower(before, after, tolerance):
    """Whether a kernel became slower, by its time, its share and its rounds together."""
    time = after["seconds"] > (1 + tolerance) * before["seconds"]
    share = after["fraction_of_limit"] < (1 - tolerance) * before["fraction_of_limit"]
    return time and share and rounds(after)[0] > rounds(before)[1]


def regressions(old_path, new_path, tolerance):
    """Lines for people, and whether anything got worse by more than the tolerance."""
    (old, _), (new, _) = kernels(old_path), kernels(new_path)
    lines, worse = [], False
    for key in sorted(set(old) & set(new)):
        before, after = old[key], new[key]
        bad = slower(before, after, tolerance)
        worse |= bad
        spread = max((high - low) / k["seconds"] for k in (before, after) for low, high in [rounds(k)])
        change = after["seconds"] / before["seconds"] - 1
        lines.append(
            f"{'WORSE ' if bad else '      '}{title(key):58} {before['seconds'] * 1e3:.3f} -> {after['seconds'] * 1e3:.3f} ms ({change:+.1%}, rounds spread by {spread:.0%}), "
            f"share {before['fraction_of_limit']:.1%} -> {after['fraction_of_limit']:.1%}"
        )
    lines += [f"MISSING {title(key)}" for key in sorted(set(old) - set(new))]
    if not set(old) & set(new):
        raise SystemExit("the two files have no kernel of the same name and size in common")
    return lines, worse or bool(set(old) - set(new))


def pennycook(shares):
    """Harmonic mean; 0 where a share is missing or 0."""
    if not shares or any(not share for share in shares):
        return 0.0
    return len(shares) / sum(1 / share for share in shares)


def name_of(machine):
    return machine.get("accelerator") or ", ".join(filter(None, (machine["processor"], machine.get("vectors"))))


def label_of(path, machine):
    """The file's name says what the machine does not: which build it was."""
    return f"{os.path.splitext(os.path.basename(path))[0]}: {name_of(machine)} ({machine['backend']})"


def merit(result, reference):
    """How many times as fast as on the reference, in the geometric mean over the kernels that both have; 0 where they have none."""
    ratios = [reference[key]["seconds"] / result[key]["seconds"] for key in set(result) & set(reference)]
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else 0.0


def portability(paths, reference=None):
    """A Markdown table: a row for each kernel, a column for each machine, and the machines' figures of merit where there is a reference."""
    files = [kernels(path) for path in paths]
    lines = ["| kernel | " + " | ".join(label_of(path, r["machine"]) for path, (_, r) in zip(paths, files)) + " | portability |", "|---" * (len(files) + 2) + "|"]
    for key in sorted(set().union(*(k for k, _ in files))):
        shares = [k[key]["fraction_of_limit"] if key in k else None for k, _ in files]
        cells = [f"{s:.0%}" if s else "-" for s in shares]
        lines.append(f"| {title(key)} | " + " | ".join(cells) + f" | {pennycook(shares):.0%} |")
    if reference:
        merits = [f"{merit(k, kernels(reference)[0]):.2f}" for k, _ in files]
        lines.append(f"| figure of merit ({os.path.basename(reference)}: 1) | " + " | ".join(merits) + " | |")
    return lines


def figure(paths, png):
    """Draws the roofline of each file beside one another, by gnuplot."""
    panels = []
    for number, path in enumerate(paths):
        found, result = kernels(path)
        top, data = result["ceilings"], []
        for precision, exp, fma in (("fp64", "exp_fp64", "fma_fp64"), ("mixed", "exp_fp32", "fma_fp32")):
            points = [k for key, k in found.items() if key[4] == precision and k["pairs_per_second"] and k["limited_by"] != "dgemm"]
            block = "\n".join(f"{k['flops_per_second'] / k['pairs_per_second']} {k['flops_per_second'] / 1e9}" for k in points) or "NaN NaN"
            panels.append(f"$points{number}_{precision} << EOD\n{block}\nEOD")
            roof = f"1e-9 * x / (1 / {top[exp]} + x / {top[fma]})"
            data += [f"{roof} title 'limit, {precision}'", f"$points{number}_{precision} with points pt {5 + len(data)} title '{precision}'"]
        panels.append(f"set title \"{label_of(path, result['machine'])}\" noenhanced\nplot " + ", ".join(data))
    script = [
        f"set terminal pngcairo size {520 * len(paths)},460 font ',9'; set output '{png}'",
        f"set multiplot layout 1,{len(paths)}; set logscale xy; set xrange [4:200]; set samples 400; set key bottom right; set grid",
        "set xlabel 'multiply-adds and adds for each exponential (flops)'; set ylabel 'GF/s beside the exponentials'",
        *panels,
        "unset multiplot",
    ]
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("regressions")
    one.add_argument("old")
    one.add_argument("new")
    one.add_argument("--tolerance", type=float, default=0.1)
    many = commands.add_parser("portability")
    many.add_argument("files", nargs="+")
    many.add_argument("--figure")
    many.add_argument("--reference", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "results", "bench-openmp-zen3.json"))
    arguments = parser.parse_args()
    if arguments.command == "portability":
        print("\n".join(portability(arguments.files, arguments.reference)))
        if arguments.figure:
            figure(arguments.files, arguments.figure)
        return 0
    lines, worse = regressions(arguments.old, arguments.new, arguments.tolerance)
    print("\n".join(lines))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
