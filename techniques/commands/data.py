"""``minigrad data``: data and weights that others publish."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad data``."""
    data = commands.add_parser(
        "data",
        help="list data sets and trained weights that others publish, and get them",
        description="List data sets and trained weights that others publish, or get one: "
        "resumed after a break, and checked against the published digest before it is used.",
        epilog="example: minigrad data get cifar10 --to data",
    )
    actions = data.add_subparsers(required=True, metavar="list|get")
    listed = actions.add_parser("list", help="what there is, how large, and on which terms")
    listed.set_defaults(run=_list)
    get = actions.add_parser("get", help="get one", epilog="example: minigrad data get vgg16")
    get.add_argument("name", metavar="NAME", help="as listed")
    get.add_argument("--to", default="data", metavar="DIR",
                     help="where to put the folder NAME (default: %(default)s)")  # fmt: skip
    get.set_defaults(run=_get, stopped="stopped; the same command goes on from there")


def _list(options: argparse.Namespace) -> int:
    from techniques.data.fetch import catalogue_text

    print(catalogue_text())
    return 0


def _get(options: argparse.Namespace) -> int:
    from techniques.data.fetch import find_source, get
    from techniques.progress import progress_bar

    source = find_source(options.name)
    print(f"{source.description}; terms: {source.licence}; see {source.page}")
    with progress_bar() as show:
        files = get(options.name, options.to, show)
    for path, digest in files:
        print(f"{path}  sha256 {digest}")
    return 0
