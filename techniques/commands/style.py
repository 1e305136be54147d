"""``minigrad style``: paint a photograph in the style of a painting."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad style``."""
    style = commands.add_parser(
        "style",
        help="paint a photograph in the style of a painting",
        description="Paint the content of one picture in the style of others, by following the "
        "gradient of a network's features to the pixels. After Ctrl-C the picture is written as "
        "it is then.",
        epilog="example: minigrad style town.jpg painting.jpg --size 256 --out styled.png",
    )
    style.add_argument("content", metavar="CONTENT", help="an image file")
    style.add_argument("style", nargs="+", metavar="STYLE", help="one, or several to mix")
    style.add_argument("--out", default="styled.png", metavar="FILE",
                       help="the image file to write (default: %(default)s)")  # fmt: skip
    style.add_argument("--strip", metavar="FILE", help="also write stages on the way, in a row")
    style.add_argument("--size", type=int, default=256, metavar="N",
                       help="the shorter side, in pixels (default: %(default)s)")  # fmt: skip
    style.add_argument("--weights", metavar="FILE",
                       help="weights of a VGG, SqueezeNet, ResNet, ... to paint with")  # fmt: skip
    style.add_argument("--network", default="cifar10", metavar="NAME",
                       help="without --weights: cifar10, which comes trained, or one with random "
                       "weights, such as vgg16_bn (default: %(default)s)")  # fmt: skip
    for name, default, text in (
        ("content-weight", 1, "how much the content counts"),
        ("style-weight", 100, "how much the style counts"),
        ("tv-weight", 0, "how smooth the picture shall be"),
    ):
        style.add_argument(f"--{name}", type=float, default=default, metavar="W",
                           help=f"{text} (default: %(default)s)")  # fmt: skip
    style.add_argument("--steps", type=int, default=150, metavar="N", help="(default: %(default)s)")
    style.add_argument("--scales", type=int, default=1, metavar="N",
                       help="paint small first, and double N - 1 times")  # fmt: skip
    style.add_argument("--optimizer", choices=["lbfgs", "adam"], default="lbfgs")
    style.add_argument("--start", choices=["content", "style", "noise"], default="content")
    style.add_argument("--mix", type=float, nargs="+", metavar="W", help="a weight for each STYLE")
    style.add_argument("--keep-colour", action="store_true", help="keep the content's colours")
    style.add_argument("--seed", type=int, default=0, help="(default: 0)")
    style.set_defaults(run=_run, stopped="stopped; what was painted so far has been written")


def _run(options: argparse.Namespace) -> int:
    from techniques.style.command import paint_file

    painting = paint_file(
        options.content, options.style, options.out, options.size, options.network,
        options.weights, options.strip, options.steps, options.seed,
        content_weight=options.content_weight, style_weight=options.style_weight,
        tv_weight=options.tv_weight, scales=options.scales, optimizer=options.optimizer,
        start=options.start, mix=options.mix, keep_colour=options.keep_colour,
    )  # fmt: skip
    before, after = painting.losses.total[[0, -1]]
    print(f"The picture is {options.out}; the loss went from {before:.4g} to {after:.4g}")
    return 0
