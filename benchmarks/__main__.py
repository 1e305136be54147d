"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import platform
import sys
from pathlib import Path

import numpy as np

import minigrad as mg

from .measure import Result, footing, heading, measure, row

GROUPS = ("small", "convolution", "pooling", "training", "networks")


def main(arguments: list[str] | None = None) -> None:
    """Run the groups asked for and print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases of such a name")
    parser.add_argument("--threads", default=str(os.cpu_count()), help="for example 1,2")
    parser.add_argument("--rounds", type=int, default=11, help="how often each case is timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results here")
    options = parser.parse_args(arguments)
    for group in options.groups:
        if group not in GROUPS:
            parser.error(f"there is no group {group!r}; choose of {', '.join(GROUPS)}")

    with_torch = has_torch()
    results: list[Result] = []
    try:
        for threads in map(int, options.threads.split(",")):
            set_threads(threads, with_torch)
            for group in options.groups or GROUPS:
                print(heading(group, threads))
                first = len(results)
                for case in importlib.import_module(f"benchmarks.{group}").cases():
                    if options.only in case.name:
                        results.append(measure(group, case, threads, options.rounds, with_torch))
                        print(row(results[-1]), flush=True)
                print(footing(results[first:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    finally:
        if options.json:
            report = {"machine": machine(with_torch), "results": [r.as_json() for r in results]}
            options.json.write_text(json.dumps(report, indent=1) + "\n")


def has_torch() -> bool:
    """Whether there is a PyTorch to compare with; says so if not."""
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed: minigrad is timed alone")
        return False
    return True


def set_threads(threads: int, with_torch: bool) -> None:
    """Have both libraries use that many threads."""
    mg.set_num_threads(threads)
    if with_torch:
        import torch

        torch.set_num_threads(threads)


def machine(with_torch: bool) -> dict[str, str | int | None]:
    """What the times depend on."""
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    if with_torch:
        import torch

        versions["torch"] = torch.__version__
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        **versions,
    }


if __name__ == "__main__":
    main()
