# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The documentation of the Python package as a site: scripts/test-python --site builds it into build/python/site, where warnings are errors."""

import re

import kswgd

project = "kswgd"
copyright = "The kswgd authors"
release = version = kswgd.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon", "sphinx.ext.mathjax", "sphinx_gallery.gen_gallery", "myst_parser"]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
# Pages of the repository link to each other as files; those that are no part of the site are not followed.
suppress_warnings = ["myst.xref_missing", "config.cache", "myst.header"]
napoleon_google_docstring = False
napoleon_use_ivar = True
sphinx_gallery_conf = {
    "examples_dirs": ["../../../python/examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"plot_(first_steps|trajectories|table|chain)",  # run; the others need packages that are heavy
    "image_scrapers": ("matplotlib",),
    "reset_modules": (),
    "show_memory": False,
    "plot_gallery": True,
    "abort_on_example_error": True,
    "remove_config_comments": True,
}
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "description": "new samples of an unknown law"}


def as_text(app, what, name, thing, options, lines):
    """Docstrings are for people who read them in a terminal: names that end in an underscore, and bars, are no markup."""
    lines[:] = [re.sub(r"(?<=\w)_(?!\w)", r"\\_", line).replace("|", r"\|") for line in lines]


def setup(app):
    app.connect("autodoc-process-docstring", as_text, priority=400)  # before the sections are read
