"""The command line: `minigrad tour`, `step`, `check`, `grade`, `train`, `warmup` and `bench`."""

from __future__ import annotations

import argparse
import importlib
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
        _add_tour, _add_step, _add_check, _add_grade, _add_train, _add_warmup, _add_bench
    ):  # fmt: skip
        add(commands)
    return parser


def _add_tour(commands: argparse._SubParsersAction) -> None:
    from techniques.tour.route import ROUTE

    tour = commands.add_parser(
        "tour",
        help="show on one page what a trained network has learned",
        description="Write one page that shows what a trained network has learned: its weights, "
        "its output maps, saliency, Grad-CAM, adversarial examples and the way back up. Without "
        "--image it looks at Shapes; with it, also at photographs of yours through a network "
        "trained on CIFAR-10.",
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


def _add_grade(commands: argparse._SubParsersAction) -> None:
    from techniques.homework import command

    grade = commands.add_parser(
        "grade",
        help="grade the homework of a class, locked in, with feedback that names the mistake",
        description=command.DESCRIPTION,
        epilog=command.USES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_options(grade)
    grade.set_defaults(run=command.run, stopped="stopped; the same command goes on from there")


def _add_train(commands: argparse._SubParsersAction) -> None:
    train = commands.add_parser(
        "train",
        help="train again one of the networks that come with the package",
        description="Train again one of the networks that come with the package. After Ctrl-C "
        "the same command goes on where it stopped.",
        epilog="example: minigrad train shapes --out shapes.npz",
    )
    train.add_argument("name", metavar="NAME", help="the network: shapes or cifar10")
    train.add_argument("--data", metavar="DIR", help="the data folder, for cifar10")
    train.add_argument("--out", metavar="FILE", help="where to save the weights (or NAME.npz)")
    train.set_defaults(run=_train, stopped="stopped; the same command goes on from there")


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


def _train(options: argparse.Namespace) -> int:
    from techniques.pretrained.training import train

    out = options.out or f"{options.name}.npz"
    accuracy = train(options.name, out, data=options.data)
    print(f"The weights are in {out}; right on {100 * accuracy:.1f} % of the test pictures")
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
