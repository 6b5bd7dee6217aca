#!/usr/bin/env python3
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""compare.py on results made up here, against values worked out by hand."""

import json
import os
import tempfile
import unittest

import compare


def result(folder, name, shares, machine="one", ceiling=1.0, spread=0.0):
    """Kernels with these shares of a limit that takes 1 / ceiling seconds; their rounds spread by that share of the time."""
    path = os.path.join(folder, name)

    def entry(kernel, share):
        seconds = 1 / (ceiling * share)
        return {
            "name": kernel,
            "n": 10,
            "features": 5,
            "dimension": 2,
            "precision": "fp64",
            "seconds": seconds,
            "seconds_quartiles": [seconds * (1 - spread / 2), seconds * (1 + spread / 2)],
            "fraction_of_limit": share,
        }

    with open(path, "w") as file:
        json.dump({"machine": {"processor": machine, "accelerator": "", "backend": "OpenMP"}, "kernels": [entry(k, s) for k, s in shares.items()]}, file)
    return path


class Compare(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_a_fall_beyond_the_tolerance_is_a_regression(self):
        old = result(self.folder.name, "old", {"flow/mean": 0.9, "flow/descent": 0.8})
        new = result(self.folder.name, "new", {"flow/mean": 0.78, "flow/descent": 0.79})
        lines, worse = compare.regressions(old, new, 0.1)
        self.assertTrue(worse)
        self.assertEqual([line.startswith("WORSE") for line in lines], [False, True])  # descent, mean
        self.assertFalse(compare.regressions(old, new, 0.2)[1])
        self.assertFalse(compare.regressions(new, old, 0.1)[1])

    def test_a_machine_that_became_slower_is_no_regression(self):
        old = result(self.folder.name, "old", {"flow/mean": 0.9})
        new = result(self.folder.name, "new", {"flow/mean": 0.9}, ceiling=0.5)
        self.assertFalse(compare.regressions(old, new, 0.1)[1])

    def test_a_faster_kernel_below_a_ceiling_that_rose_is_no_regression(self):
        old = result(self.folder.name, "old", {"flow/mean": 0.9})
        new = result(self.folder.name, "new", {"flow/mean": 0.6}, ceiling=5.0)  # 3.3 times as fast
        self.assertFalse(compare.regressions(old, new, 0.1)[1])

    def test_rounds_that_overlap_are_no_regression(self):
        old = result(self.folder.name, "old", {"flow/mean": 0.9}, spread=0.4)
        new = result(self.folder.name, "new", {"flow/mean": 0.7}, spread=0.4)
        self.assertFalse(compare.regressions(old, new, 0.1)[1])
        steady = result(self.folder.name, "steady", {"flow/mean": 0.9}, spread=0.02)
        slower = result(self.folder.name, "slower", {"flow/mean": 0.7}, spread=0.02)
        self.assertTrue(compare.regressions(steady, slower, 0.1)[1])

    def test_a_kernel_that_is_gone_is_a_regression(self):
        old = result(self.folder.name, "old", {"flow/mean": 0.9, "flow/descent": 0.8})
        new = result(self.folder.name, "new", {"flow/mean": 0.9})
        self.assertTrue(compare.regressions(old, new, 0.1)[1])

    def test_portability_is_the_harmonic_mean(self):
        self.assertAlmostEqual(compare.pennycook([0.5, 1.0]), 2 / 3)
        self.assertEqual(compare.pennycook([0.5, None]), 0)
        one = result(self.folder.name, "one", {"flow/mean": 0.5, "flow/descent": 0.8})
        two = result(self.folder.name, "two", {"flow/mean": 1.0}, "two")
        table = compare.portability([one, two])
        self.assertIn("| 50% | 100% | 67% |", table[-1])
        self.assertIn("| 80% | - | 0% |", table[-2])

    def test_the_figure_of_merit_is_the_geometric_mean_of_the_speeds(self):
        reference = result(self.folder.name, "reference", {"flow/mean": 0.5, "flow/descent": 0.5, "moments": 0.5})
        faster = result(self.folder.name, "faster", {"flow/mean": 1.0, "flow/descent": 1.0}, ceiling=2.0)  # 4 times, and 2 / 0.5
        mixed = result(self.folder.name, "mixed", {"flow/mean": 1.0, "flow/descent": 0.25})
        self.assertEqual(compare.portability([faster, mixed, reference], reference)[-1], "| figure of merit (reference: 1) | 4.00 | 1.00 | 1.00 | |")

    def test_other_files_are_refused(self):
        path = os.path.join(self.folder.name, "other")
        with open(path, "w") as file:
            file.write("{}")
        with self.assertRaises(SystemExit):
            compare.kernels(path)


if __name__ == "__main__":
    unittest.main()
