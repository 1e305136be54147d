"""Segmentation: the problems, their cases, and what goes wrong in them."""

from functools import partial

import numpy as np

from minigrad.grading import Arrays, Assignment, Mistake, Problem


def dense_layer(rng, channels=2, height=3, width=4, units=5):
    """What `to_convolution` gets."""
    return rng.normal(size=(channels * height * width, units)), channels, height, width


def sliding(rng, size=(6, 7), kernel=(3, 2)):
    """What `heat_map` gets."""
    return rng.normal(size=(2, *size)), rng.normal(size=(5, 2, *kernel))


def labelled(rng, classes=4, missing=0, ignore=9):
    """What `confusion` gets: a prediction that is often right, and a truth with void pixels."""
    truth = rng.integers(0, classes - missing, size=(6, 8))
    guess = rng.integers(0, classes - missing, (6, 8))
    prediction = np.where(rng.random((6, 8)) < 0.6, truth, guess)
    truth = np.where(rng.random((6, 8)) < 0.15, ignore, truth)
    return prediction, truth, classes, ignore


def counted(rng, classes=4, missing=0):
    """What `mean_iou` gets: a confusion matrix, with classes that are nowhere."""
    matrix = rng.integers(1, 30, size=(classes, classes))
    matrix[classes - missing :], matrix[:, classes - missing :] = 0, 0
    return (matrix,)


def unet(rng, size=(4, 6), channels=2):
    """What `small_unet` gets."""
    x = rng.normal(size=(channels, *size))
    return (
        x, rng.normal(size=(3, channels)), rng.normal(size=(5, 3)), rng.normal(size=(4, 8))
    )  # fmt: skip


PROBLEMS = [
    Problem(
        "to_convolution", 2, dense_layer,
        visible={"two channels": {}},
        hidden={"one channel": {"channels": 1, "units": 3}, "a flat picture": {"height": 1}},
        task="A dense layer is a convolution whose kernel is as large as the picture.",
    ),
    Problem(
        "heat_map", 2, sliding,
        visible={"a kernel of 3 × 2": {}},
        hidden={"as large as the picture": {"kernel": (6, 7)}, "one pixel": {"kernel": (1, 1)}},
        task="On a larger picture the same layer gives a map.",
    ),
    Problem(
        "positions", 2, lambda rng, size=5, scale=2: (size, scale),
        visible={"twice as large": {}}, hidden={"three times": {"scale": 3, "size": 4},
                                                "one pixel": {"size": 1, "scale": 4}},
        compare=Arrays(["low", "high", "share"]),
        task="Where new pixels lie between the old ones.",
    ),
    Problem(
        "upsample", 2, lambda rng, scale=2: (rng.normal(size=(2, 4, 3)), scale),
        visible={"twice as large": {}}, hidden={"three times": {"scale": 3}},
        task="Bilinear: a weighted mean of four neighbours.",
    ),
    Problem(
        "confusion", 2, labelled,
        visible={"four classes": {}},
        hidden={"classes that are nowhere": {"classes": 6, "missing": 2},
                "void is 255": {"ignore": 255}},
        compare=Arrays(["the matrix"]),
        task="What was taken for what.",
    ),
    Problem(
        "mean_iou", 2, counted,
        visible={"four classes": {}}, hidden={"classes that are nowhere": {"missing": 2}},
        compare=Arrays(["the mean IoU"]),
        task="The measure of segmentation.",
    ),
    Problem(
        "small_unet", 3, unet,
        visible={"4 × 6 pixels": {}}, hidden={"8 × 2 pixels": {"size": (8, 2), "channels": 3}},
        task="Down, up, and a bridge between.",
    ),
]  # fmt: skip

_DENSE, _HEAT, _PLACE, _UP, _CONFUSION, _IOU, _UNET = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _DENSE("weight.T.reshape(-1, channels, height, width)",
           "weight.reshape(-1, channels, height, width)",
           "each unit is a column of the weight: transpose before giving it the shape of kernels"),
    _DENSE("weight.T.reshape(-1, channels, height, width)",
           "weight.T.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)",
           "a flattened picture holds one channel after the other: channels come first",
           earns=1 / 3),
    _HEAT("np.tensordot(kernel, x[", "np.tensordot(kernel[:, :, ::-1, ::-1], x[",
          "the kernel is not turned: it has to give what the dense layer gives", earns=1 / 3),
    _HEAT("x.shape[1] - k + 1, x.shape[2] - l + 1", "x.shape[1] - k, x.shape[2] - l",
          "H − K + 1 windows fit, one more than the kernel can move"),
    _PLACE("(np.arange(size * scale) + 0.5) / scale - 0.5", "np.arange(size * scale) / scale",
           "pixels are areas: their centres lie at half places, (i + ½) / scale − ½",
           earns=1 / 3),
    _PLACE("np.clip((np.arange(size * scale) + 0.5) / scale - 0.5, 0, size - 1)",
           "np.linspace(0, size - 1, size * scale)",
           "this puts the corners of both pictures on each other (align_corners): the centres lie "
           "at (i + ½) / scale − ½", earns=5 / 9),
    _PLACE("high = np.minimum(low + 1, size - 1)", "high = low + 1",
           "the last pixel has no neighbour: keep `high` inside of the picture", earns=2 / 3),
    _UP("x[:, low] * (1 - share) + x[:, high] * share",
        "x[:, low] * share + x[:, high] * (1 - share)",
        "the shares are exchanged: the higher pixel gets `share`"),
    _UP("x[:, :, low] * (1 - share) + x[:, :, high] * share", "x[:, :, low]",
        "along the columns nothing is averaged: this is the pixel to the left"),
    _CONFUSION("kept = truth != ignore", "truth = truth % classes\n    kept = truth >= 0",
               "void pixels are counted: leave out those whose truth is `ignore`"),
    _CONFUSION("return counts.reshape(classes, classes)",
               "return counts.reshape(classes, classes).T",
               "the truth belongs in the rows, the prediction in the columns"),
    _IOU("- both\n", "\n", "the intersection is in both sums: the union subtracts it once"),
    _IOU("np.mean(both[found] / union[found])", "np.sum(both[found] / union[found]) / len(both)",
         "classes that are nowhere count as 0 here: leave them out of the mean", earns=0.5),
    _IOU("np.mean(both[found] / union[found])", "both.sum() / matrix.sum()",
         "this is the pixel accuracy, not the mean over classes"),
    _UNET("np.concatenate([a, b])", "np.concatenate([b, a])",
          "the bridge comes first: a, then b", status="WRONG"),
    _UNET("max(axis=(2, 4))", "mean(axis=(2, 4))",
          "pooling takes the largest of the 2 × 2 pixels, not their mean"),
    _UNET("b.repeat(2, axis=1).repeat(2, axis=2)", "np.tile(b, (1, 2, 2))",
          "np.tile repeats the whole map: each pixel becomes a block of 2 × 2"),
    _UNET("b = np.maximum(np.tensordot(middle, pooled, 1), 0)",
          "b = np.tensordot(middle, pooled, 1)",
          "the ReLU after the middle layer is missing"),
]  # fmt: skip

assignment = Assignment(
    __file__, "Segmentation: upsampling, mean IoU and a small U-Net", PROBLEMS, MISTAKES
)
