# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far work has come: through tqdm where it is installed, else in lines on stderr; the compiled module calls it, and Ctrl-C ends the work then."""

import sys
import time


class Progress:
    """A callback (stage, done) for the compiled module; done in [0, 1], or -1 where nobody knows. Use it in a `with`."""

    def __init__(self, name):
        self.name = name
        self.bar = None
        self.stage = None
        self.shown = time.monotonic()
        try:
            from tqdm.auto import tqdm

            self.bar = tqdm(total=100, desc=name, bar_format="{desc}: {percentage:3.0f}% |{bar}| {elapsed}")
        except ImportError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.bar is not None:
            self.bar.close()

    def __call__(self, stage, done):
        now = time.monotonic()
        if self.bar is not None:
            if stage != self.stage:
                self.bar.set_description(f"{self.name}: {stage}", refresh=False)
                self.bar.n = 0
            if done >= 0:
                self.bar.n = round(100 * min(done, 1.0), 1)
            self.bar.refresh() if stage != self.stage or now - self.shown > 0.1 else None
        elif now - self.shown > 5:
            print(f"kswgd: {stage}" + (f" {100 * done:.0f} %" if done >= 0 else ""), file=sys.stderr)
        if stage != self.stage or now - self.shown > 0.1:
            self.shown = now if self.bar is not None or now - self.shown > 5 else self.shown
        self.stage = stage


class _Silent:
    def __enter__(self):
        return None  # the compiled module still looks for Ctrl-C

    def __exit__(self, *error):
        pass


def progress(name, verbose):
    return Progress(name) if verbose else _Silent()
