"""Compile the kernels before they are needed, side by side.

Numba compiles one function at a time, whatever the number of threads. So other processes do it,
fresh interpreters that fill the cache: each is told a job, compiles, and asks for the next.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigrad.kernels import cache, compiled, updates
from minigrad.kernels.kernel import say_that_kernels_are_compiled
from minigrad.kernels.threads import processors

Progress = Callable[[int, int, str], None]

# Each process takes about 200 MB.
MOST_PROCESSES = 8
ONE, NONE = (1, 1), (0, 0)


class Job(NamedTuple):
    """Calls of kernels on small arrays: calling compiles them."""

    name: str
    seconds: float  # about, so that the longest begin first
    call: Callable[[str], object]


JOBS: dict[str, Job] = {}


def job(seconds: float) -> Callable[[Callable[[str], object]], Callable[[str], object]]:
    """Add a function of a dtype to the jobs: a decorator."""

    def declare(call: Callable[[str], object]) -> Callable[[str], object]:
        JOBS[call.__name__] = Job(call.__name__, seconds, call)
        return call

    return declare


@job(seconds=6)
def convolution(dtype: str) -> None:
    """Convolution, and the gradient to its input."""
    image, weight = np.ones((1, 1, 2, 2), dtype), np.ones((1, 1, 1, 1), dtype)
    compiled.conv2d(image, weight, ONE, NONE, ONE, 1, algorithm="direct")


@job(seconds=6)
def outer_products(dtype: str) -> None:
    """The gradient to the weight of a convolution, with channels in vectors."""
    image = np.ones((1, 1, 2, 2), dtype)
    compiled.conv2d_weight_gradient(image, image, ONE, ONE, NONE, ONE, 1, algorithm="direct")


@job(seconds=4)
def dot_products(dtype: str) -> None:
    """The same with rows in vectors, as for images of a few whole vectors."""
    image = np.ones((1, 1, 16, 16), dtype)
    compiled.conv2d_weight_gradient(image, image, ONE, ONE, NONE, ONE, 1, algorithm="direct")


@job(seconds=5)
def depthwise(dtype: str) -> None:
    """Convolution with few channels a group, and its gradient to the input."""
    compiled.conv2d(np.ones((1, 1, 2, 2), dtype), np.ones((1, 1, 1, 1), dtype), ONE, NONE, ONE, 1)


@job(seconds=3)
def depthwise_gradient(dtype: str) -> None:
    """The gradient to its weight."""
    image = np.ones((1, 1, 2, 2), dtype)
    compiled.conv2d_weight_gradient(image, image, ONE, ONE, NONE, ONE, 1)


@job(seconds=3)
def pointwise(dtype: str) -> None:
    """1×1 convolution, and the gradient to its input."""
    image, weight = np.ones((1, 8, 8, 8), dtype), np.ones((8, 8, 1, 1), dtype)
    compiled.conv2d(image, weight, ONE, NONE, ONE, 1, algorithm="pointwise")


@job(seconds=6)
def max_pooling(dtype: str) -> None:
    """Max pooling, max-unpooling and their gradients."""
    image, two = np.ones((1, 1, 2, 2), dtype), (2, 2)
    for kernel, size in ((ONE, two), (two, ONE)):  # in general, and windows that tile the image
        _, winners = compiled.max_pool2d(image, kernel, kernel, NONE, ONE, size)
        values = np.ones((1, 1, *size), dtype)
        compiled.max_unpool2d(values, winners, kernel, kernel, NONE, ONE, two)
        indices = compiled.winner_indices(winners, two, kernel, kernel, NONE, ONE)
        compiled.index_winners(indices, two, kernel, kernel, NONE, ONE)
    compiled.gather2d(image, winners, two, two, NONE, ONE)


@job(seconds=4)
def average_pooling(dtype: str) -> None:
    """Average pooling."""
    image = np.ones((1, 1, 2, 2), dtype)
    compiled.avg_pool2d(image, ONE, ONE, NONE, (2, 2), True)
    compiled.avg_pool2d(image, (2, 2), (2, 2), NONE, ONE, True)


@job(seconds=2)
def average_pooling_gradient(dtype: str) -> None:
    """The gradient of average pooling."""
    image = np.ones((1, 1, 2, 2), dtype)
    compiled.avg_pool2d_input_gradient(image, (2, 2), ONE, ONE, NONE, True)


@job(seconds=2)
def resampling(dtype: str) -> None:
    """Interpolation, and adaptive average pooling."""
    same = np.array([[0, 1]]), np.ones((1, 2))
    compiled.resample(np.ones((1, 1, 2, 2), dtype), same, same)


@job(seconds=2)
def optimizers(dtype: str) -> None:
    """Steps of SGD with momentum, and of Adam."""
    a, b, c, d, e = np.ones((5, 1), dtype)
    updates.momentum_step(a, b, c, d, lr=0.1, momentum=0.9, share=1.0, sign=1.0, decay=0.0)
    updates.adam_step(
        a, b, c, d, e,
        rest1=0.1, rest2=0.1, size=0.1, eps=1e-8, shrink=1.0, sign=1.0, decay=0.0,
    )  # fmt: skip


@job(seconds=4)
def normalization(dtype: str) -> None:
    """The sums of batch norm and what is made of them."""
    rows = np.ones((1, 2, 2), dtype)
    mean, variance = compiled.channel_moments(rows)
    compiled.channel_products(rows, rows, mean)
    compiled.channel_scale(rows, mean, variance, mean)
    compiled.channel_backward(rows, rows, mean, variance, mean)


@job(seconds=2)
def activation(dtype: str) -> None:
    """The rectifiers, and their gradients."""
    image = np.ones((1, 1, 2, 2), dtype)
    compiled.gate(image, compiled.relu(image), 0.0)


@job(seconds=5)
def softmax(dtype: str) -> None:
    """Softmax and cross entropy, in single precision only."""
    logits = compiled.softmax(np.ones((1, 2, 2), np.float32), logarithm=True)
    compiled.softmax_backward(logits, logits, logarithm=True)
    compiled.cross_entropy_backward(logits, np.zeros((1, 2), np.int64), logits[:, 0])


@job(seconds=10)
def winograd(dtype: str) -> None:
    """Convolution by Winograd's transforms."""
    image, weight = np.ones((1, 1, 2, 2), dtype), np.ones((1, 1, 3, 3), dtype)
    compiled.conv2d(image, weight, ONE, ONE, ONE, 1, algorithm="winograd")


@job(seconds=10)
def winograd_gradient(dtype: str) -> None:
    """The gradient to the weight by Winograd's transforms."""
    image = np.ones((1, 1, 2, 2), dtype)
    compiled.conv2d_weight_gradient(image, image, (3, 3), ONE, ONE, ONE, 1, algorithm="winograd")


def missing(
    dtypes: tuple[str, ...], only: Collection[str] | None = None
) -> list[tuple[Job, str]]:
    """The jobs, all or some, that nobody has done yet, the longest first."""
    wanted = JOBS if only is None else only
    jobs = [(JOBS[name], dtype) for name in wanted for dtype in dtypes]
    jobs = [(job, dtype) for job, dtype in jobs if cache.read(f"{job.name}-{dtype}") is None]
    return sorted(jobs, key=lambda each: -each[0].seconds)


def do(job: Job, dtype: str) -> None:
    """Do a job and note that it is done."""
    job.call(dtype)
    cache.write(f"{job.name}-{dtype}", b"")


def warm_up(
    dtypes: tuple[str, ...] = ("float32",),
    progress: Progress | None = None,
    only: Collection[str] | None = None,
) -> None:
    """Compile every kernel for `dtypes` that is not in the cache.

    Parameters
    ----------
    dtypes : tuple of "float32" and "float64"
    progress : callable, optional
        Is called after each job with how many are done, how many there are, and its name.
    only : collection of str, optional
        The names of the jobs to do; all by default.
    """
    jobs = missing(dtypes, only)
    if not jobs:
        return
    say_that_kernels_are_compiled()
    done: list[str] = []

    def finished(name: str) -> None:
        done.append(name)
        if progress is not None:
            progress(len(done), len(jobs), name)

    folder, processes = cache.cache_folder(), min(processors(), len(jobs), MOST_PROCESSES)
    if folder is not None and processes > 1 and sys.executable:
        _side_by_side(jobs, processes, folder.parent, finished)
        jobs = missing(dtypes, only)
    # What is left where no process could do it: if it fails again, the error is seen here.
    for each, dtype in jobs:
        do(each, dtype)
        finished(each.name)


def _side_by_side(
    jobs: list[tuple[Job, str]], processes: int, root: Path, finished: Callable[[str], None]
) -> None:
    """Have some processes do the jobs; a process that fails leaves its job undone."""
    todo, one_at_a_time = deque(jobs), threading.Lock()

    def keep_busy(worker: subprocess.Popen[str]) -> None:
        assert worker.stdin is not None and worker.stdout is not None
        with contextlib.suppress(IndexError, OSError):  # no more jobs; no more worker
            while True:
                each, dtype = todo.popleft()
                print(each.name, dtype, file=worker.stdin, flush=True)
                if not worker.stdout.readline():
                    return
                with one_at_a_time:
                    finished(each.name)

    workers = [_worker(root) for _ in range(processes)]
    threads = [threading.Thread(target=keep_busy, args=[worker]) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:  # also after Ctrl-C
        for worker in workers:
            worker.terminate()
            worker.communicate()


def _worker(root: Path) -> subprocess.Popen[str]:
    """A process that does the jobs it reads, and writes a line after each."""
    package = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "minigrad.kernels.ahead_of_time"],
        env={**os.environ, "PYTHONPATH": path, "MINIGRAD_CACHE": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _work() -> None:
    for line in sys.stdin:
        name, dtype = line.split()
        do(JOBS[name], dtype)
        print(name, flush=True)


if __name__ == "__main__":
    _work()
