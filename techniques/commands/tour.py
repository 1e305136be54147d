"""``minigrad tour``: the lecture on one page."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad tour``."""
    from techniques.tour.route import ROUTE

    tour = commands.add_parser(
        "tour",
        help="show on one page what a trained network has learned",
        description="Write one page that shows what a trained network has learned: its weights, "
        "its output maps, saliency, Grad-CAM, adversarial examples, style transfer and the way "
        "back up. Without --image it looks at Shapes; with it, also at photographs of yours "
        "through a network trained on CIFAR-10.",
        epilog="example: minigrad tour --image kitten.jpg puppy.jpg --out my-tour",
    )
    tour.add_argument("--image", nargs="+", action="extend", default=[], metavar="FILE",
                      help="photographs to look at")  # fmt: skip
    tour.add_argument("--data", metavar="DIR",
                      help="a folder with cifar10 or mnist in it, to be shown too")  # fmt: skip
    tour.add_argument("--out", default="minigrad-tour", metavar="DIR",
                      help="where to write index.html (default: %(default)s)")  # fmt: skip
    tour.add_argument("--only", nargs="+", action="extend", choices=list(ROUTE), metavar="SECTION",
                      help=f"only these sections, of {', '.join(ROUTE)}")  # fmt: skip
    tour.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from techniques.tour.guide import write_tour

    return write_tour(options.out, images=options.image, data=options.data, only=options.only)
