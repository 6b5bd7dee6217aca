# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`python -m kswgd` is the program."""

import os
import pathlib
import sys

from ._native import level


def main():
    program = pathlib.Path(__file__).resolve().parent / "program" / (level() or "bin") / "kswgd"
    os.execv(program, [str(program), *sys.argv[1:]])


if __name__ == "__main__":
    main()
