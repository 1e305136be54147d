"""``minigrad explain``: what in a picture speaks for a class."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad explain``."""
    explain = commands.add_parser(
        "explain",
        help="show what a network sees in a picture, and where",
        description="Write a panel: the picture, the likeliest classes, and what several "
        "methods say about where a class comes from. Pictures may have any size and shape.",
        epilog="example: minigrad explain kitten.jpg --method grad-cam occlusion --target cat",
    )
    explain.add_argument("image", metavar="IMAGE", help="a picture")
    explain.add_argument("--method", nargs="+", action="extend", metavar="METHOD",
                         help="of saliency, grad-cam, ...; by default seven of them")  # fmt: skip
    explain.add_argument("--network", default="cifar10", metavar="NAME",
                         help="cifar10 or shapes (default: %(default)s)")  # fmt: skip
    explain.add_argument("--target", metavar="CLASS",
                         help="the name of a class (default: the predicted one)")  # fmt: skip
    explain.add_argument("--out", default="explained.png", metavar="FILE",
                         help="the panel to write (default: %(default)s)")  # fmt: skip
    explain.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from techniques.explain import SHOWN, explain
    from techniques.methods import METHODS

    methods = options.method or SHOWN
    for name in methods:
        if name not in METHODS:
            raise ValueError(f"there is no method {name!r}: choose of {', '.join(METHODS)}")
    found = explain(options.image, options.out, methods, options.network, options.target)
    print(f"The panel for “{found}” is in {options.out}")
    return 0
