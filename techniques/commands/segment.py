"""``minigrad segment``: say of every pixel what it shows."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad segment``."""
    from techniques.segmentation.recipes import RECIPES

    segment = commands.add_parser(
        "segment",
        help="say of every pixel what it shows",
        description="Train segmentation networks, run them on photographs, and score them.",
        epilog="example: minigrad segment run street.jpg",
    )
    actions = segment.add_subparsers(required=True, metavar="ACTION", title="actions")
    train = actions.add_parser(
        "train",
        help="train one of the networks",
        description="Train a segmentation network by its recipe: "
        + "; ".join(f"{name} ({recipe.description})" for name, recipe in RECIPES.items())
        + ". After Ctrl-C the same command goes on where it stopped.",
        epilog="example: minigrad segment train unet --out unet.npz",
    )
    train.add_argument("name", metavar="NAME", help=f"the network: {', '.join(RECIPES)}")
    train.add_argument("--data", metavar="DIR", help="the data folder, for CamVid")
    train.add_argument("--out", metavar="FILE", help="where to save the weights (or NAME.npz)")
    train.set_defaults(run=_train, stopped="stopped; the same command goes on from there")
    run = actions.add_parser(
        "run",
        help="write the class map of photographs",
        description="Write for each photograph a figure of what it shows where, and the class of "
        "every pixel as grey values.",
        epilog="example: minigrad segment run street.jpg",
    )
    run.add_argument("images", nargs="+", metavar="IMAGE", help="photographs")
    run.add_argument("--size", type=int, metavar="N",
                     help="resize the shorter side to it first (street scenes: 180)")  # fmt: skip
    run.add_argument("--out", default="minigrad-segment", metavar="DIR",
                     help="where to write (default: %(default)s)")  # fmt: skip
    run.set_defaults(run=_run)
    score = actions.add_parser(
        "score",
        help="print the measures of a network on its test pictures",
        description="Print intersection over union, Dice and accuracy of each class.",
        epilog="example: minigrad segment score --network unet",
    )
    score.add_argument("--data", metavar="DIR", help="the data folder, for CamVid")
    score.set_defaults(run=_score)
    for action, network in ((run, "unet-camvid"), (score, "unet")):
        action.add_argument("--network", default=network, metavar="NAME",
                            help=f"{', '.join(RECIPES)} (default: %(default)s)")  # fmt: skip
        action.add_argument("--weights", metavar="FILE",
                            help="of minigrad segment train (default: what ships)")  # fmt: skip


def _train(options: argparse.Namespace) -> int:
    from techniques.segmentation.recipes import make

    out = options.out or f"{options.name}.npz"
    mean_iou = make(options.name, out, options.data)
    print(f"The weights are in {out}; mean IoU {mean_iou:.3f} on the test pictures")
    return 0


def _run(options: argparse.Namespace) -> int:
    from techniques.segmentation.command import segment

    of = options.network, options.weights, options.size
    for path in segment(options.images, options.out, *of):
        print(path)
    return 0


def _score(options: argparse.Namespace) -> int:
    from techniques.segmentation.command import scored

    print(scored(options.network, options.weights, options.data))
    return 0
