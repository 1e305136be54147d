"""How Sphinx builds the documentation."""

import os
import sys
from pathlib import Path

import matplotlib

sys.path.insert(0, str(Path(__file__).parent))

import minigrad

matplotlib.use("Agg")  # here; in the chapters' processes figures shall go into the page
os.environ.pop("MPLBACKEND", None)

project = "minigrad"
author = "The minigrad developers"
copyright = "The minigrad developers"
version = release = minigrad.__version__

extensions = [
    "myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon",
    "generated", "mathml", "notebooks", "sources",
]  # fmt: skip
html_math_renderer = "mathml"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_number_source_lines = False

autodoc_typehints = "none"  # the docstrings say types and shapes in words
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True  # attributes that are also properties are not declared twice
napoleon_use_rtype = False

html_theme = "alabaster"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_theme_options = {
    "description": minigrad.__doc__.splitlines()[0].removeprefix("minigrad: "),
    "page_width": "1150px",
    "body_max_width": "none",
}
