"""Convolution, forward and backward: the problems, their cases, and what goes wrong in them."""

from functools import partial

import minigrad as mg
from minigrad.grading import Arrays, Assignment, Gradients, Mistake, Problem


def drawn(rng, stride=1, padding=0, channels=2, filters=5, kernel=(3, 2)):
    """x, weight and bias of sizes that all differ, and the settings."""
    x = rng.normal(size=(3, channels, 7, 6))
    weight = rng.normal(size=(filters, channels, *kernel))
    return x, weight, rng.normal(size=filters), stride, padding


def drawn_backward(rng, **settings):
    """What `conv_backward` gets."""
    x, weight, bias, stride, padding = drawn(rng, **settings)
    y = mg.conv2d(x, weight, bias, stride, padding)
    return rng.normal(size=y.shape), x, weight, bias, stride, padding


def drawn_backward_input(rng, **settings):
    """What `conv_backward_input` gets."""
    grad_out, x, weight, _, stride, padding = drawn_backward(rng, **settings)
    return grad_out, weight, x.shape, stride, padding


VISIBLE: dict[str, dict] = {
    "stride 1, no padding": {},
    "stride 2, padding 1": {"stride": 2, "padding": 1},
}
HIDDEN: dict[str, dict] = {
    "one channel": {"channels": 1, "padding": 1},
    "one filter": {"filters": 1, "stride": 2},
    "a large padding": {"padding": 3, "stride": 3},
    "a kernel of one pixel": {"kernel": (1, 1), "stride": 2},
}

PROBLEMS = [
    Problem(
        "output_size", 1, lambda rng, **sizes: tuple(sizes.values()),
        visible={
            "7 elements, a kernel of 3": {"size": 7, "kernel": 3, "stride": 1, "padding": 0},
            "8 elements, stride 3": {"size": 8, "kernel": 3, "stride": 3, "padding": 0},
        },
        hidden={
            "with padding": {"size": 9, "kernel": 4, "stride": 2, "padding": 2},
            "a large kernel": {"size": 5, "kernel": 5, "stride": 4, "padding": 0},
        },
        task="How many windows fit along an axis?",
    ),
    Problem(
        "pad", 1, lambda rng, padding=1: (rng.normal(size=(3, 2, 5, 4)), padding),
        visible={"one row of zeros": {}},
        hidden={"three rows of zeros": {"padding": 3}, "none": {"padding": 0}},
        task="Put zeros around each plane.",
    ),
    Problem(
        "conv_forward", 3, drawn, VISIBLE, HIDDEN,
        task="Slide the kernel over the image.",
    ),
    Problem(
        "conv_backward_input", 3, drawn_backward_input, VISIBLE, HIDDEN,
        compare=Arrays(["dx"]),
        task="Spread each output's gradient over the window that it came from.",
    ),
    Problem(
        "conv_backward", 4, drawn_backward, VISIBLE, HIDDEN,
        compare=Gradients(["dx", "dw", "db"], forward=lambda x, weight, bias, stride, padding:
                          mg.conv2d(x, weight, bias, stride, padding)),
        task="The gradients to all three arguments.",
    ),
    Problem(
        "as_columns", 2,
        lambda rng, kernel=3, stride=1: (rng.normal(size=(3, 2, 7, 6)), kernel, stride),
        visible={"stride 1": {}},
        hidden={"stride 2": {"stride": 2}, "a kernel of 2": {"kernel": 2, "stride": 3}},
        task="Lay out the windows as rows, so that a convolution is one product of matrices.",
    ),
]  # fmt: skip

_SIZE, _PAD, _FORWARD, _INPUT, _BACKWARD, _COLUMNS = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _SIZE("- kernel) // stride + 1", "- kernel + 1) // stride",
          "the + 1 stands outside of the division: ⌊(n + 2p − k) / s⌋ + 1", earns=0.75),
    _SIZE("(size + 2 * padding - kernel)", "(size + padding - kernel)",
          "the padding is added at both ends, so it counts twice", earns=0.75),
    _SIZE("// stride + 1", "// stride",
          "a window that does not move at all is one window too: + 1"),
    _PAD("padded[:, :, padding : padding + h, padding : padding + w] = x",
         "padded[:, :, :h, :w] = x",
         "the zeros are all at the bottom and right: x belongs in the middle", earns=1 / 3),
    _PAD("h + 2 * padding, w + 2 * padding))\n    padded[", "h + 2 * padding, w))\n    padded[",
         "only the rows are padded, the columns are not", earns=1 / 3, status="CRASH"),
    _FORWARD("window = padded[:, :, top : top + k, left : left + l]",
             "window = padded[:, :, top : top + k, left : left + l][:, :, ::-1, ::-1]",
             "the kernel is turned by 180 degrees: in deep learning convolution means "
             "cross-correlation, the kernel stays as it is", earns=1 / 6),
    _FORWARD("top, left = i * stride, j * stride", "top, left = i, j",
             "the windows move by one pixel, not by the stride", earns=1 / 3),
    _FORWARD("([1, 2, 3], [1, 2, 3])) + bias", "([1, 2, 3], [1, 2, 3]))",
             "the bias is not added"),
    _FORWARD("padded = pad(x, padding)\n    y", "padded = pad(x, 2 * padding)\n    y",
             "the image is padded twice as much as asked for, so that the windows begin too "
             "early", earns=0.5),
    _INPUT("j * stride : j * stride + l] += spread", "j * stride : j * stride + l] = spread",
           "where windows overlap their gradients are summed (+=), not overwritten (=)",
           earns=1 / 3),
    _INPUT("return dx[:, :, padding : padding + h, padding : padding + w]",
           "return dx[:, :, :h, :w]",
           "the gradient's border of padding is cut off at the wrong side: x lies at "
           "[padding : padding + h]", earns=0.5),
    _INPUT("spread = np.tensordot(grad_out[:, :, i, j], weight, (1, 0))",
           "spread = np.tensordot(grad_out[:, :, i, j], weight[:, :, ::-1, ::-1], (1, 0))",
           "each output spreads its gradient with the kernel as it is: it only looks turned when "
           "written as a convolution of the output's gradient", earns=1 / 6),
    _BACKWARD("db = grad_out.sum(axis=(0, 2, 3))", "db = grad_out.sum(axis=(2, 3))",
              "the bias is shared by all samples, so its gradient is summed over the batch too",
              earns=2 / 3),
    _BACKWARD("db = grad_out.sum(axis=(0, 2, 3))", "db = grad_out.mean(axis=(0, 2, 3))",
              "the bias's gradient is a sum over samples and pixels, not a mean", earns=2 / 3),
    _BACKWARD("dw += np.tensordot(", "dw = np.tensordot(",
              "the weight is used in every window: its gradients are summed (+=), not "
              "overwritten (=)", earns=2 / 3),
    _BACKWARD("db = grad_out.sum(axis=(0, 2, 3))",
              "dw /= len(x)\n    db = grad_out.sum(axis=(0, 2, 3))",
              "the weight's gradient is divided by the batch size: the loss is given, and whether "
              "it averages is not decided here", earns=2 / 3),
    _COLUMNS("u, v = i * stride, j * stride", "u, v = i, j",
             "the windows move by one pixel, not by the stride", earns=1 / 3),
    _COLUMNS("v : v + kernel].reshape(n, -1)",
             "v : v + kernel].transpose(0, 2, 3, 1).reshape(n, -1)",
             "a row holds one channel after the other: channels first, then rows and columns"),
]  # fmt: skip

assignment = Assignment(__file__, "Convolution, forward and backward", PROBLEMS, MISTAKES)
