"""Segmentation: dense layers as convolutions, bilinear upsampling, mean IoU, a small U-Net."""

import numpy as np


def to_convolution(weight, channels, height, width):
    """The kernel (E, C, H, W) of the convolution that a dense layer is.

    `weight` is (C · H · W, E) and multiplies a flattened (C, H, W) picture from the right.
    """
    return weight.T.reshape(-1, channels, height, width)


def heat_map(x, kernel):
    """Slide a kernel (E, C, K, L) over x (C, H, W) with stride 1; returns (E, H − K + 1, …)."""
    k, l = kernel.shape[2:]  # noqa: E741
    rows, columns = x.shape[1] - k + 1, x.shape[2] - l + 1
    y = np.zeros((len(kernel), rows, columns))
    for i in range(rows):
        for j in range(columns):
            y[:, i, j] = np.tensordot(kernel, x[:, i : i + k, j : j + l], 3)
    return y


def positions(size, scale):
    """Where the new pixels of an axis lie between the old ones.

    `size` pixels become size · scale. Pixels are areas: the centre of new pixel i lies at
    (i + ½) / scale − ½. Returns (low, high, share): the two old pixels around each new one, both
    kept inside of the picture, and the share of the higher one.
    """
    centre = np.clip((np.arange(size * scale) + 0.5) / scale - 0.5, 0, size - 1)
    low = np.floor(centre).astype(int)
    high = np.minimum(low + 1, size - 1)
    return low, high, centre - low


def upsample(x, scale):
    """Enlarge x (C, H, W) by `scale`, an int, in both directions: first rows, then columns."""
    low, high, share = positions(x.shape[1], scale)
    share = share[:, None]
    x = x[:, low] * (1 - share) + x[:, high] * share
    low, high, share = positions(x.shape[2], scale)
    return x[:, :, low] * (1 - share) + x[:, :, high] * share


def confusion(prediction, truth, classes, ignore):
    """How often class i was taken for class j: an int matrix (classes, classes), truth in rows.

    `prediction` and `truth` are label maps of one shape; pixels whose truth is `ignore` are left
    out.
    """
    kept = truth != ignore
    counts = np.bincount(truth[kept] * classes + prediction[kept], minlength=classes**2)
    return counts.reshape(classes, classes)


def mean_iou(matrix):
    """The mean over classes of intersection over union, from a confusion matrix.

    Classes found neither in the truth nor in the prediction are left out.
    """
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    found = union > 0
    return np.mean(both[found] / union[found])


def small_unet(x, down, middle, up):
    """A U-Net of one level: x (C, H, W), H and W even; kernels of one pixel, as matrices.

    a = relu(down x); b = relu(middle · pool(a)), pooling the largest of 2 × 2 pixels; b is enlarged
    by repeating each pixel, put below a (a first), and the result is up · [a, b]. `down` is (D, C),
    `middle` (E, D), `up` (F, D + E); returns (F, H, W).
    """
    a = np.maximum(np.tensordot(down, x, 1), 0)
    d, h, w = a.shape
    pooled = a.reshape(d, h // 2, 2, w // 2, 2).max(axis=(2, 4))
    b = np.maximum(np.tensordot(middle, pooled, 1), 0)
    b = b.repeat(2, axis=1).repeat(2, axis=2)
    return np.tensordot(up, np.concatenate([a, b]), 1)
