# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`python -m kswgd` is the program."""

import os
import pathlib
import sys

PROGRAM = pathlib.Path(__file__).resolve().parent / "program" / "bin" / "kswgd"


def main():
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])


if __name__ == "__main__":
    main()
