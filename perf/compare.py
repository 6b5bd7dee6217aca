#!/usr/bin/env python3
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares results of `kswgd bench --json`.

  compare.py regressions OLD NEW [--tolerance .1]   exit 1 where a kernel became slower
  compare.py portability FILE...                    shares of each kernel on each machine, and the Pennycook metric

A kernel became slower where its time and its share of the machine's own limit are both worse by more than the tolerance, and its rounds
(middle half) do not overlap with those of before. Time alone would blame a machine that others use as well, which slows the ceilings too;
the share alone would blame a kernel beside which a ceiling rose.
The metric (Pennycook, Sewall, Lee, 2016) is the harmonic mean of the shares over all machines, 0 where one lacks the kernel.
"""

import argparse
import json
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


def portability(paths):
    """A Markdown table: a row for each kernel, a column for each machine."""
    files = [kernels(path) for path in paths]
    machines = [name_of(r["machine"]) for _, r in files]
    backends = [r["machine"]["backend"] for _, r in files]
    lines = ["| kernel | " + " | ".join(f"{m} ({b})" for m, b in zip(machines, backends)) + " | portability |", "|---" * (len(files) + 2) + "|"]
    for key in sorted(set().union(*(k for k, _ in files))):
        shares = [k[key]["fraction_of_limit"] if key in k else None for k, _ in files]
        cells = [f"{s:.0%}" if s else "-" for s in shares]
        lines.append(f"| {title(key)} | " + " | ".join(cells) + f" | {pennycook(shares):.0%} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("regressions")
    one.add_argument("old")
    one.add_argument("new")
    one.add_argument("--tolerance", type=float, default=0.1)
    many = commands.add_parser("portability")
    many.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    if arguments.command == "portability":
        print("\n".join(portability(arguments.files)))
        return 0
    lines, worse = regressions(arguments.old, arguments.new, arguments.tolerance)
    print("\n".join(lines))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
