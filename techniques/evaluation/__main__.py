"""``python -m techniques.evaluation``: one table over all attribution methods."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data import Shapes, load_cifar10
from ..pretrained import load
from .comparison import compare, markdown


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of one network in Markdown, or write it to a file."""
    parser = argparse.ArgumentParser(
        prog="python -m techniques.evaluation",
        description="Score all attribution methods on the images that a network classifies right: "
        "on held-out Shapes against their masks, or on test pictures of CIFAR-10.",
        epilog="example: python -m techniques.evaluation --network shapes --count 64",
    )
    parser.add_argument("--network", choices=["shapes", "cifar10"], default="shapes")
    parser.add_argument("--count", type=int, default=32, help="how many images (default: 32)")
    parser.add_argument("--data", help="the data folder, for cifar10")
    parser.add_argument("--out", help="a file to write instead of printing")
    options = parser.parse_args(arguments)
    model, information = load(options.network)
    if options.network == "shapes":
        shapes = Shapes(options.count, seed=20_000)
        rows = compare(
            model, shapes.images, shapes.labels, information.last_convolution, shapes.masks,
            load("shapes_random_labels")[0],
        )  # fmt: skip
    else:
        test = load_cifar10("test", options.data)
        some = np.random.default_rng(0).permutation(len(test))[: options.count]
        rows = compare(
            model, test.images[some], test.labels[some], information.last_convolution
        )  # fmt: skip
    if options.out:
        Path(options.out).write_text(markdown(rows) + "\n", encoding="utf-8")
    else:
        print(markdown(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
