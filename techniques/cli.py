"""The command line: `minigrad tour`, `explain`, `step`, `check`, `style` and others."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

import minigrad


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 when all went well, 1 when a part of the work failed, 2 for a bad argument or input, 130
        after Ctrl-C.

    Examples
    --------
    >>> from techniques.cli import main
    >>> main(["tour", "--image", "no-such-picture.jpg"])
    2
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:  # the reader has gone, as behind `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError) as error:
        print(f"minigrad: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"minigrad: {options.stopped}", file=sys.stderr)
        return 130


def _one_line(error: Exception) -> str:
    """The message of an error; an operating system's as `file: reason`."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror.lower()}"
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minigrad",
        description="Look inside trained networks, with an autograd engine one can read.",
        epilog="example: minigrad tour --image kitten.jpg",
    )
    parser.add_argument("--version", action="version", version=f"minigrad {minigrad.__version__}")
    parser.set_defaults(stopped="stopped")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for add in (
        _add_tour, _add_explain, _add_step, _add_check, _add_train, _add_robustness, _add_style,
        _add_segment, _add_data, _add_weights, _add_warmup, _add_bench,
    ):  # fmt: skip
        add(commands)
    return parser


def _add_tour(commands: argparse._SubParsersAction) -> None:
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
    tour.set_defaults(run=_tour)


def _add_explain(commands: argparse._SubParsersAction) -> None:
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
    explain.set_defaults(run=_explain)


def _add_step(commands: argparse._SubParsersAction) -> None:
    from minigrad.stepping.examples import EXAMPLES, shows

    offered = "\n".join(f"  {name:12} {shows(name)}" for name in EXAMPLES)
    step = commands.add_parser(
        "step",
        help="step through backprop, forwards and backwards and into a kernel",
        description="Step through the backward pass of an example or of a script of yours: the "
        "script is\nrun as far as its backward(). Without a terminal, print the whole walk.\n\n"
        f"examples:\n{offered}",
        epilog="example: minigrad step transposed",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    step.add_argument("what", nargs="?", metavar="EXAMPLE|SCRIPT.py",
                      help="without it, the examples are listed")  # fmt: skip
    step.add_argument("arguments", nargs="*", metavar="ARGUMENT",
                      help="for the script; put -- before options of its own")  # fmt: skip
    step.add_argument("--at", type=int, default=1, metavar="N",
                      help="stop at the N-th backward() of the script (default: 1)")  # fmt: skip
    step.add_argument("--html", metavar="FILE", help="write a page to step in instead")
    step.set_defaults(run=_step)


def _add_check(commands: argparse._SubParsersAction) -> None:
    check = commands.add_parser(
        "check",
        help="check the hand-written gradients of a file, and say what is wrong",
        description="Check each name_forward(*inputs) of a Python file with its "
        "name_backward(grad_out, *inputs). The inputs are drawn from --shapes, or from "
        "name_shapes or name_inputs in the file. The file is run: check only what you trust. "
        "The exit status is 1 when a gradient is wrong.",
        epilog="example: minigrad check layers.py --shapes 3x4 4x5 5",
    )
    check.add_argument("file", metavar="FILE", help="a Python file")
    check.add_argument("--forward", metavar="NAME", help="check only this function")
    check.add_argument("--backward", metavar="NAME", help="with this one")
    check.add_argument("--shapes", nargs="+", default=[], metavar="SHAPE",
                       help="one for each input, as 3x4; () is a number")  # fmt: skip
    check.add_argument("--seed", type=int, default=0, help="for the inputs (default: 0)")
    check.set_defaults(run=_check)


def _add_segment(commands: argparse._SubParsersAction) -> None:
    from techniques.segmentation.recipes import RECIPES

    segment = commands.add_parser(
        "segment",
        help="say of every pixel what it shows",
        description="Train segmentation networks, run them on photographs, and score them.",
        epilog="example: minigrad segment run street.jpg --network unet-camvid --size 180",
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
    train.set_defaults(run=_segment_train, stopped="stopped; the same command goes on from there")
    run = actions.add_parser(
        "run",
        help="write the class map of photographs",
        description="Write for each photograph a figure of what it shows where, and the class of "
        "every pixel as grey values.",
        epilog="example: minigrad segment run street.jpg --network unet-camvid --size 180",
    )
    run.add_argument("images", nargs="+", metavar="IMAGE", help="photographs")
    run.add_argument("--size", type=int, metavar="N", help="resize the shorter side to it first")
    run.add_argument("--out", default="minigrad-segment", metavar="DIR",
                     help="where to write (default: %(default)s)")  # fmt: skip
    run.set_defaults(run=_segment_run)
    score = actions.add_parser(
        "score",
        help="print the measures of a network on its test pictures",
        description="Print intersection over union, Dice and accuracy of each class.",
        epilog="example: minigrad segment score --network unet",
    )
    score.add_argument("--data", metavar="DIR", help="the data folder, for CamVid")
    score.set_defaults(run=_segment_score)
    for action in (run, score):
        action.add_argument("--network", default="unet", metavar="NAME",
                            help=f"{', '.join(RECIPES)} (default: %(default)s)")  # fmt: skip
        action.add_argument("--weights", metavar="FILE", help="made by minigrad segment train")


def _add_train(commands: argparse._SubParsersAction) -> None:
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
    train.set_defaults(run=_train, stopped="stopped; the same command goes on from there")


def _add_robustness(commands: argparse._SubParsersAction) -> None:
    robustness = commands.add_parser(
        "robustness",
        help="attack and corrupt the pictures of a network, and report what is left",
        description="Turn attacks, defences and corruptions on a network that comes with the "
        "package, and write one report with tables, curves, pictures and all numbers as JSON. "
        "After Ctrl-C the same command goes on where it stopped.",
        epilog="example: minigrad robustness --network shapes_robust",
    )
    robustness.add_argument("--network", default="shapes", metavar="NAME",
                            help="one that ships, as shapes_robust (default: shapes)")  # fmt: skip
    robustness.add_argument("--data", metavar="DIR",
                            help="a data folder with cifar10 in it, or pictures in folders named "
                            "by the network's classes (default for shapes: drawn)")  # fmt: skip
    robustness.add_argument("--count", type=int, default=100, metavar="N",
                            help="how many pictures (default: %(default)s)")  # fmt: skip
    robustness.add_argument("--seed", type=int, default=0, help="which ones (default: 0)")
    robustness.add_argument("--out", default="minigrad-robustness", metavar="DIR",
                            help="where to write index.html (default: %(default)s)")  # fmt: skip
    robustness.set_defaults(run=_robustness, stopped="stopped; the same command goes on from there")


def _add_style(commands: argparse._SubParsersAction) -> None:
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
    style.set_defaults(run=_style, stopped="stopped; what was painted so far has been written")


def _add_data(commands: argparse._SubParsersAction) -> None:
    data = commands.add_parser(
        "data",
        help="list data sets and trained weights that others publish, and get them",
        description="List data sets and trained weights that others publish, or get one: "
        "resumed after a break, and checked against the published digest before it is used.",
        epilog="example: minigrad data get cifar10 --to data",
    )
    actions = data.add_subparsers(required=True, metavar="list|get")
    listed = actions.add_parser("list", help="what there is, how large, and on which terms")
    listed.set_defaults(run=_data_list)
    get = actions.add_parser("get", help="get one", epilog="example: minigrad data get vgg16")
    get.add_argument("name", metavar="NAME", help="as listed")
    get.add_argument("--to", default="data", metavar="DIR",
                     help="where to put the folder NAME (default: %(default)s)")  # fmt: skip
    get.set_defaults(run=_data_get, stopped="stopped; the same command goes on from there")


def _add_weights(commands: argparse._SubParsersAction) -> None:
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
    show.set_defaults(run=_weights_show)
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
    convert.set_defaults(run=_weights_convert)


def _add_warmup(commands: argparse._SubParsersAction) -> None:
    warmup = commands.add_parser(
        "warmup",
        help="compile all kernels now, so that nothing waits for it later",
        description="Compile all kernels that are not compiled yet, several at a time, and keep "
        "the machine code for later runs.",
        epilog="example: minigrad warmup --dtype float32 float64",
    )
    warmup.add_argument("--dtype", nargs="+", choices=["float32", "float64"], default=["float32"],
                        help="for which numbers (default: float32)")  # fmt: skip
    warmup.set_defaults(run=_warmup)


def _add_bench(commands: argparse._SubParsersAction) -> None:
    # The benchmarks stand above this package, so they are named and not imported; without them,
    # as in a copy of this package alone, the command says where they are.
    try:
        benchmarks = importlib.import_module("benchmarks.command")
    except ModuleNotFoundError as error:
        if error.name not in ("benchmarks", "benchmarks.command"):
            raise
        bench = commands.add_parser("bench", help="(not here) measure minigrad's speed")
        bench.set_defaults(run=_no_bench)
        return
    bench = commands.add_parser(
        "bench",
        help="measure minigrad beside PyTorch on this machine",
        description=benchmarks.DESCRIPTION,
        epilog=f"example: minigrad bench {benchmarks.EXAMPLE}",
    )
    benchmarks.add_options(bench)
    bench.set_defaults(run=benchmarks.run)


def _tour(options: argparse.Namespace) -> int:
    from techniques.tour.guide import write_tour

    return write_tour(options.out, images=options.image, data=options.data, only=options.only)


def _explain(options: argparse.Namespace) -> int:
    from techniques.explain import SHOWN, explain
    from techniques.methods import METHODS

    methods = options.method or SHOWN
    for name in methods:
        if name not in METHODS:
            raise ValueError(f"there is no method {name!r}: choose of {', '.join(METHODS)}")
    found = explain(options.image, options.out, methods, options.network, options.target)
    print(f"The panel for “{found}” is in {options.out}")
    return 0


def _step(options: argparse.Namespace) -> int:
    import layers
    from minigrad.stepping import terminal
    from minigrad.stepping.web import step_html

    if options.at < 1:
        raise ValueError(f"--at counts the calls of backward() from 1, not {options.at}")
    if options.what is None:
        print(f"The examples of minigrad step:\n{terminal.examples_text()}")
        return 0
    arguments = tuple(options.arguments)
    with layers.naming():  # so that a network's tape has the names of its modules
        if options.html:
            step_html(options.what, options.html, arguments, options.at)
            print(f"The page is {options.html}; open it in a browser")
        else:
            terminal.step(options.what, arguments, options.at)
    return 0


def _check(options: argparse.Namespace) -> int:
    from minigrad.testing.files import check_file, parsed_shapes, table

    reports = check_file(
        options.file, options.forward, options.backward, parsed_shapes(options.shapes), options.seed
    )
    print(table(reports))
    return 0 if all(report.ok for report in reports) else 1


def _segment_train(options: argparse.Namespace) -> int:
    from techniques.segmentation.recipes import make

    out = options.out or f"{options.name}.npz"
    mean_iou = make(options.name, out, options.data)
    print(f"The weights are in {out}; mean IoU {mean_iou:.3f} on the test pictures")
    return 0


def _segment_run(options: argparse.Namespace) -> int:
    from techniques.segmentation.command import segment

    of = options.network, options.weights, options.size
    for path in segment(options.images, options.out, *of):
        print(path)
    return 0


def _segment_score(options: argparse.Namespace) -> int:
    from techniques.segmentation.command import scored

    print(scored(options.network, options.weights, options.data))
    return 0


def _train(options: argparse.Namespace) -> int:
    from techniques.pretrained.training import train

    out = options.out or f"{options.name}.npz"
    accuracy = train(options.name, out, data=options.data)
    print(f"The weights are in {out}; right on {100 * accuracy:.1f} % of the test pictures")
    return 0


def _robustness(options: argparse.Namespace) -> int:
    from techniques.robustness import write_report

    return write_report(options.out, options.network, options.data, options.count, options.seed)


def _style(options: argparse.Namespace) -> int:
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


def _data_list(options: argparse.Namespace) -> int:
    from techniques.data.fetch import catalogue_text

    print(catalogue_text())
    return 0


def _data_get(options: argparse.Namespace) -> int:
    from techniques.data.fetch import find_source, get
    from techniques.progress import progress_bar

    source = find_source(options.name)
    print(f"{source.description}; terms: {source.licence}; see {source.page}")
    with progress_bar() as show:
        files = get(options.name, options.to, show)
    for path, digest in files:
        print(f"{path}  sha256 {digest}")
    return 0


def _weights_show(options: argparse.Namespace) -> int:
    from techniques.weight_command import contents

    print(contents(options.file))
    return 0


def _weights_convert(options: argparse.Namespace) -> int:
    from techniques.weight_command import convert

    count = convert(options.file, options.out, options.network, options.names)
    print(f"{count} arrays are in {options.out}")
    return 0


def _no_bench(options: argparse.Namespace) -> int:
    raise ValueError(
        "the package benchmarks is not installed: run python -m benchmarks in minigrad's "
        "repository, or pip install minigrad from it"
    )


def _warmup(options: argparse.Namespace) -> int:
    from minigrad.kernels import cache_folder, warm_up
    from techniques.progress import progress_bar

    with progress_bar() as show:
        warm_up(tuple(options.dtype), show)
    folder = cache_folder()
    if folder is None:
        raise OSError("no folder can be written to keep kernels in: name one with MINIGRAD_CACHE")
    print(f"The compiled kernels are in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
