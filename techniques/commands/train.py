"""``minigrad train``: train again a network that ships."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad train``."""
    train = commands.add_parser(
        "train",
        help="train again one of the networks that come with the package",
        description="Train again one of the networks that come with the package. After Ctrl-C "
        "the same command goes on where it stopped.",
        epilog="example: minigrad train shapes --out shapes.npz",
    )
    train.add_argument("name", metavar="NAME", help="the network: shapes, shapes_robust or cifar10")
    train.add_argument("--data", metavar="DIR", help="the data folder, for cifar10")
    train.add_argument("--out", metavar="FILE", help="where to save the weights (or NAME.npz)")
    train.set_defaults(run=_run, stopped="stopped; the same command goes on from there")


def _run(options: argparse.Namespace) -> int:
    from techniques.pretrained.training import train

    out = options.out or f"{options.name}.npz"
    accuracy = train(options.name, out, data=options.data)
    print(f"The weights are in {out}; right on {100 * accuracy:.1f} % of the test pictures")
    return 0
