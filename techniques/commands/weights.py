"""``minigrad weights``: what is in a weight file."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad weights``."""
    weights = commands.add_parser(
        "weights",
        help="show what is in a weight file, or convert it",
        description="Show the arrays in a weight file (.npz, .safetensors, .pth), or write them in "
        "another form. Nothing in the file is run.",
        epilog="example: minigrad weights convert vgg16.pth vgg16.safetensors",
    )
    actions = weights.add_subparsers(required=True, metavar="show|convert")
    show = actions.add_parser("show", help="names, types, shapes and ranges",
                              epilog="example: minigrad weights show vgg16.pth")  # fmt: skip
    show.add_argument("file", metavar="FILE")
    show.set_defaults(run=_show)
    convert = actions.add_parser(
        "convert",
        help="write as .npz or .safetensors",
        description="Write the arrays of a weight file as .npz or .safetensors. With --network and "
        "--names, the file holds a Keras network's arrays, with channels last, and NAMES is a JSON "
        'file that says which layer is which: {"features.0": "block1_conv1", ...}.',
        epilog="example: minigrad weights convert keras.npz vgg16.npz --network vgg16 "
        "--names names.json",
    )
    convert.add_argument("file", metavar="FILE")
    convert.add_argument("out", metavar="OUT")
    convert.add_argument("--network", metavar="NAME", help="such as vgg16")
    convert.add_argument("--names", metavar="NAMES", help="a JSON file")
    convert.set_defaults(run=_convert)


def _show(options: argparse.Namespace) -> int:
    from techniques.weight_command import contents

    print(contents(options.file))
    return 0


def _convert(options: argparse.Namespace) -> int:
    from techniques.weight_command import convert

    count = convert(options.file, options.out, options.network, options.names)
    print(f"{count} arrays are in {options.out}")
    return 0
