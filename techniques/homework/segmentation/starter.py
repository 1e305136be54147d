"""Segmentation: fill in the functions.

Arrays are NumPy's, float64.
"""

import numpy as np  # noqa: F401


def to_convolution(weight, channels, height, width):
    """The kernel (E, C, H, W) of the convolution that a dense layer is.

    `weight` is (C · H · W, E) and multiplies a flattened (C, H, W) picture from the right.
    """
    raise NotImplementedError("to_convolution")


def heat_map(x, kernel):
    """Slide a kernel (E, C, K, L) over x (C, H, W) with stride 1; returns (E, H − K + 1, …)."""
    raise NotImplementedError("heat_map")


def positions(size, scale):
    """Where the new pixels of an axis lie between the old ones.

    `size` pixels become size · scale. Pixels are areas: the centre of new pixel i lies at
    (i + ½) / scale − ½. Returns (low, high, share): the two old pixels around each new one, both
    kept inside of the picture, and the share of the higher one.
    """
    raise NotImplementedError("positions")


def upsample(x, scale):
    """Enlarge x (C, H, W) by `scale`, an int, in both directions: first rows, then columns."""
    raise NotImplementedError("upsample")


def confusion(prediction, truth, classes, ignore):
    """How often class i was taken for class j: an int matrix (classes, classes), truth in rows.

    `prediction` and `truth` are label maps of one shape; pixels whose truth is `ignore` are left
    out.
    """
    raise NotImplementedError("confusion")


def mean_iou(matrix):
    """The mean over classes of intersection over union, from a confusion matrix.

    Classes found neither in the truth nor in the prediction are left out.
    """
    raise NotImplementedError("mean_iou")


def small_unet(x, down, middle, up):
    """A U-Net of one level: x (C, H, W), H and W even; kernels of one pixel, as matrices.

    a = relu(down x); b = relu(middle · pool(a)), pooling the largest of 2 × 2 pixels; b is enlarged
    by repeating each pixel, put below a (a first), and the result is up · [a, b]. `down` is (D, C),
    `middle` (E, D), `up` (F, D + E); returns (F, H, W).
    """
    raise NotImplementedError("small_unet")
