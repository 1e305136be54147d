"""The ``source`` directive shows functions as they stand in the package: one source of truth."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.code import container_wrapper
from sphinx.util.docutils import SphinxDirective

from techniques.tour import listing


def source_of(name: str) -> str:
    """Return the source of a function or class, such as "techniques.grad_cam.grad_cam".

    It comes without its docstring, which the reference has.
    """
    return listing.source(resolve_name(name))


class Source(SphinxDirective):
    """The source of one or more functions, each under the name of its file."""

    required_arguments = 1
    optional_arguments = 20

    def run(self) -> list[nodes.Node]:
        """Build a captioned block for each."""
        return [self._block(name) for name in self.arguments]

    def _block(self, name: str) -> Any:
        text = source_of(name)
        block = nodes.literal_block(text, text, language="python")
        file = resolve_name(name).__module__.replace(".", "/") + ".py"
        return container_wrapper(self, block, f"``{file}``")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("source", Source)
    return {"parallel_read_safe": True}
