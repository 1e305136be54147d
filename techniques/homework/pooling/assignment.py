"""Pooling, unpooling and transposed convolution: problems, cases, and what goes wrong in them."""

from functools import partial

import minigrad as mg
from minigrad.grading import Arrays, Assignment, Mistake, Problem


def drawn(rng, kernel=2, stride=2, size=(8, 6)):
    """A picture without ties, and the windows."""
    return rng.normal(size=(3, 2, *size)), kernel, stride


def drawn_backward(rng, **settings):
    """What `max_pool_backward` gets."""
    x, kernel, stride = drawn(rng, **settings)
    y, indices = mg.max_pool2d(x, kernel, stride, return_indices=True)
    return rng.normal(size=y.shape), indices, x.shape


def drawn_average(rng, **settings):
    """What `average_pool_backward` gets."""
    x, kernel, stride = drawn(rng, **settings)
    y = mg.avg_pool2d(x, kernel, stride)
    return rng.normal(size=y.shape), x.shape, kernel, stride


def drawn_unpool(rng, **settings):
    """What `max_unpool` gets."""
    x, kernel, stride = drawn(rng, **settings)
    return *mg.max_pool2d(x, kernel, stride, return_indices=True), x.shape[2:]


def drawn_transposed(rng, kernel=3, stride=2, padding=0):
    """What `transposed_conv` gets."""
    x, weight = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(3, 6, kernel, kernel))
    return x, weight, stride, padding


VISIBLE: dict[str, dict] = {"windows side by side": {}, "windows that overlap": {"stride": 1}}
HIDDEN: dict[str, dict] = {
    "windows of three": {"kernel": 3, "stride": 2},
    "a rest at the edge": {"size": (7, 9)},
}

PROBLEMS = [
    Problem(
        "max_pool", 3, drawn, VISIBLE, HIDDEN, compare=Arrays(["y", "indices"]),
        task="The largest value of each window, and where it stood.",
    ),
    Problem(
        "max_pool_backward", 3, drawn_backward, VISIBLE, HIDDEN, compare=Arrays(["dx"]),
        task="Hand each gradient to the one pixel that won.",
    ),
    Problem(
        "average_pool_backward", 2, drawn_average, VISIBLE, HIDDEN, compare=Arrays(["dx"]),
        task="Hand each gradient to all pixels of the window, in equal shares.",
    ),
    Problem(
        "max_unpool", 2, drawn_unpool,
        visible={"windows side by side": {}},
        hidden={"windows of three": {"kernel": 3, "stride": 3}, "a rest": {"size": (7, 9)}},
        task="Put the values back where they stood.",
    ),
    Problem(
        "transposed_conv", 4, drawn_transposed,
        visible={"stamps that overlap": {}, "stamps side by side": {"kernel": 2}},
        hidden={"one pixel apart": {"stride": 1}, "cut off": {"padding": 1}},
        task="Each pixel stamps the kernel into the result.",
    ),
]  # fmt: skip

_POOL, _BACK, _AVERAGE, _UNPOOL, _TRANSPOSED = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _POOL("(top + best // kernel) * w + left + best % kernel", "best",
          "an index counts the pixels of the whole plane, not those of the window", earns=0.5),
    _POOL("(top + best // kernel) * w + left + best % kernel",
          "(top + best // kernel) * h + left + best % kernel",
          "a plane's rows are as long as it is wide: the index is row · W + column, not row · H + "
          "column", earns=0.5),
    _POOL("top, left = i * stride, j * stride", "top, left = i * kernel, j * kernel",
          "windows begin every `stride` pixels, not every `kernel` pixels", earns=0.5,
          status="CRASH"),
    _POOL("top, left = i * stride, j * stride", "top, left = i, j",
          "windows begin every `stride` pixels, not at each one", earns=0.25),
    _POOL("window.max(axis=2)", "window.mean(axis=2)",
          "this is the mean of the window, not its largest value", earns=0.5),
    _POOL("window.max(axis=2)", "np.maximum(window.max(axis=2), 0)",
          "the largest value may be negative: do not begin from 0", earns=0.625),
    _BACK("dx[a, b, k] += g", "dx[a, b, k] = g",
          "one pixel can win in several windows: its gradients are summed (+=), not overwritten",
          earns=0.5),
    _BACK("for b in range(c):", "for b in range(1):",
          "each channel has its own winners: only the first channel is treated"),
    _BACK("dx.reshape(shape)", "dx.reshape(n, c, w, h).transpose(0, 1, 3, 2)",
          "rows and columns are exchanged when the flat gradient is given its shape"),
    _AVERAGE("j : j + 1] / kernel**2", "j : j + 1]",
             "the mean divides by the number of pixels, so each gets that share of the gradient"),
    _AVERAGE("j : j + 1] / kernel**2", "j : j + 1] / kernel",
             "a window has kernel² pixels, not kernel"),
    _AVERAGE("v : v + kernel] += share", "v : v + kernel] = share",
             "where windows overlap the shares are summed (+=), not overwritten (=)", earns=0.5),
    _UNPOOL("return x.reshape(n, c, *size)", "return x.reshape(n, c, *size[::-1]).swapaxes(2, 3)",
            "rows and columns are exchanged: `size` is (height, width)"),
    _UNPOOL("y.reshape(n, c, -1), axis=2)", "1.0, axis=2)",
            "the values of y go to those places, not ones"),
    _TRANSPOSED("j * stride + k] += stamp", "j * stride + k] = stamp",
                "where stamps overlap they add up (+=)", earns=0.25),
    _TRANSPOSED("stamp = np.tensordot(x[:, :, i, j], weight, (1, 0))",
                "stamp = np.tensordot(x[:, :, i, j], weight[:, :, ::-1, ::-1], (1, 0))",
                "the stamp is the kernel as it is: it is not turned"),
    _TRANSPOSED("y[:, :, padding : height - padding, padding : width - padding]", "y",
                "`padding` rows and columns are cut off at each side: it makes the result "
                "smaller", earns=0.75),
    _TRANSPOSED("i * stride : i * stride + k, j * stride : j * stride + k] += stamp",
                "i : i + k, j : j + k] += stamp",
                "the stamps lie `stride` pixels apart, not one", earns=0.25),
]  # fmt: skip

assignment = Assignment(
    __file__, "Pooling, unpooling and transposed convolution", PROBLEMS, MISTAKES
)
