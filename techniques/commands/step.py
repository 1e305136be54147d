"""``minigrad step``: step through backprop."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad step``."""
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
    step.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
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
