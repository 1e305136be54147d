"""The kernels as the loops on the slide: one window after the other, plain NumPy.

Nothing here is fast. Every function says what its compiled twin must compute, and a debugger that
steps through a convolution steps through these loops. Layout is (N, C, H, W); sizes are pairs of
ints that the caller has checked.

A window is named by the output position ``(i, j)`` it belongs to; ``_window`` cuts it out of the
padded input, dilation included. The three convolutions differ in one line:

    conv2d                  y[k, i, j] = sum(window * weight[k])
    conv2d_input_gradient   window    += g[k, i, j] * weight[k]
    conv2d_weight_gradient  dw[k]     += g[k, i, j] * window
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Array = np.ndarray
Pair = tuple[int, int]


def _result_type(*arrays: Array) -> np.dtype:
    return np.result_type(np.float32, *arrays)


def _reach(outputs: int, kernel: int, stride: int, dilation: int) -> int:
    """How many padded rows (or columns) the windows of that many outputs cover."""
    return (outputs - 1) * stride + (kernel - 1) * dilation + 1


def _padded(x: Array, reach: Pair, padding: Pair) -> Array:
    """`x` inside a border of zeros, large enough for every window."""
    height, width = x.shape[-2:]
    rows = (padding[0], max(padding[0], reach[0] - padding[0] - height))
    columns = (padding[1], max(padding[1], reach[1] - padding[1] - width))
    return np.pad(x, ((0, 0), (0, 0), rows, columns))


def _window(i: int, j: int, kernel_size: Pair, stride: Pair, dilation: Pair) -> tuple[slice, slice]:
    """Where the window of output `(i, j)` lies in the padded input."""
    (kh, kw), (sh, sw), (dh, dw) = kernel_size, stride, dilation
    rows = slice(i * sh, i * sh + (kh - 1) * dh + 1, dh)
    columns = slice(j * sw, j * sw + (kw - 1) * dw + 1, dw)
    return rows, columns


def _channels(k: int, outputs: int, inputs: int, groups: int) -> slice:
    """The input channels that output channel `k` sees."""
    group = k // (outputs // groups)
    return slice(group * (inputs // groups), (group + 1) * (inputs // groups))


def conv2d(
    x: Array,
    weight: Array,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
) -> Array:
    """Cross-correlate `x` with `weight`, and add the bias of each output channel.

    Parameters
    ----------
    x : array (N, C, H, W)
    weight : array (K, C/groups, kh, kw)
    stride, padding, dilation : (rows, columns)
    groups : int

    Returns
    -------
    array (N, K, OH, OW), with OH = (H + 2 padding - dilation (kh - 1) - 1) // stride + 1
    """
    (batch, inputs, height, width), (outputs, _, kh, kw) = x.shape, weight.shape
    oh = (height + 2 * padding[0] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (width + 2 * padding[1] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    padded = _padded(x, (0, 0), padding)
    y = np.zeros((batch, outputs, oh, ow), _result_type(x, weight))
    for n, k, i, j in np.ndindex(y.shape):
        rows, columns = _window(i, j, (kh, kw), stride, dilation)
        window = padded[n, _channels(k, outputs, inputs, groups), rows, columns]
        y[n, k, i, j] = np.sum(window * weight[k])
    return y if bias is None else y + _per_channel(bias, y)


def _per_channel(bias: Array, y: Array) -> Array:
    return bias.astype(y.dtype)[:, None, None]


def conv2d_input_gradient(
    g: Array,
    weight: Array,
    input_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
) -> Array:
    """The adjoint of `conv2d` in `x`; equally the forward pass of a transposed convolution.

    Every output value stamps the kernel, times itself, into the window it came from; overlapping
    stamps add up.

    Parameters
    ----------
    g : array (N, K, OH, OW)
    weight : array (K, C/groups, kh, kw)
    input_size : (H, W) of the result; what no window reaches is zero.

    Returns
    -------
    array (N, C, H, W)
    """
    (batch, outputs, oh, ow), (_, per_group, kh, kw) = g.shape, weight.shape
    (height, width), inputs = input_size, per_group * groups
    reach = _reach(oh, kh, stride[0], dilation[0]), _reach(ow, kw, stride[1], dilation[1])
    empty = np.zeros((batch, inputs, height, width), _result_type(g, weight))
    dx = _padded(empty, reach, padding)
    for n, k, i, j in np.ndindex(g.shape):
        rows, columns = _window(i, j, (kh, kw), stride, dilation)
        channels = _channels(k, outputs, inputs, groups)
        dx[n, channels, rows, columns] += g[n, k, i, j] * weight[k]
    top, left = padding
    dx = dx[:, :, top : top + height, left : left + width].copy()
    return dx if bias is None else dx + _per_channel(bias, dx)


def conv2d_weight_gradient(
    x: Array,
    g: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Array:
    """The adjoint of `conv2d` in `weight`: every window, times the gradient of its output.

    Parameters
    ----------
    x : array (N, C, H, W)
    g : array (N, K, OH, OW)

    Returns
    -------
    array (K, C/groups, kh, kw)
    """
    (kh, kw), inputs = kernel_size, x.shape[1]
    _, outputs, oh, ow = g.shape
    reach = _reach(oh, kh, stride[0], dilation[0]), _reach(ow, kw, stride[1], dilation[1])
    padded = _padded(x, reach, padding)
    dw = np.zeros((outputs, inputs // groups, kh, kw), _result_type(x, g))
    for n, k, i, j in np.ndindex(g.shape):
        rows, columns = _window(i, j, (kh, kw), stride, dilation)
        window = padded[n, _channels(k, outputs, inputs, groups), rows, columns]
        dw[k] += g[n, k, i, j] * window
    return dw


def _elements(
    i: int, j: int, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, size: Pair
) -> Iterator[tuple[int, int, int]]:
    """The elements of window `(i, j)` that lie in the image: number, row and column of each."""
    for element, (r, s) in enumerate(np.ndindex(*kernel_size)):
        h = i * stride[0] - padding[0] + r * dilation[0]
        w = j * stride[1] - padding[1] + s * dilation[1]
        if 0 <= h < size[0] and 0 <= w < size[1]:
            yield element, h, w


def max_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    output_size: Pair,
) -> tuple[Array, Array]:
    """The largest value of every window, and which of its elements that is.

    Of equal values the first in row-major order wins; the first NaN wins over everything; padding
    never wins.

    Parameters
    ----------
    x : array (N, C, H, W)
    output_size : (OH, OW), how many windows; the last ones may hang over the edge.

    Returns
    -------
    y : array (N, C, OH, OW)
    winners : unsigned int array (N, C, OH, OW)
        The number of the element in its window, in row-major order.
    """
    y = np.empty((*x.shape[:2], *output_size), _result_type(x))
    winners = np.zeros(y.shape, np.min_scalar_type(kernel_size[0] * kernel_size[1] - 1))
    for n, c, i, j in np.ndindex(y.shape):
        best, winner = None, 0
        for element, h, w in _elements(i, j, kernel_size, stride, padding, dilation, x.shape[2:]):
            value = x[n, c, h, w]
            if best is None or value > best or (np.isnan(value) and not np.isnan(best)):
                best, winner = value, element
        y[n, c, i, j] = -np.inf if best is None else best
        winners[n, c, i, j] = winner
    return y, winners


def max_unpool2d(
    x: Array,
    winners: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    output_size: Pair,
) -> Array:
    """Put every value where the winner of its window stood; the adjoint of `gather2d`.

    Where windows overlap, what meets is added up. This is also the backward pass of `max_pool2d`.

    Parameters
    ----------
    x : array (N, C, h, w)
    winners : unsigned int array (N, C, h, w)
        As `max_pool2d` gives them, with the same settings.
    output_size : (H, W)

    Returns
    -------
    array (N, C, H, W)
    """
    y = np.zeros((*x.shape[:2], *output_size), _result_type(x))
    for n, c, i, j in np.ndindex(x.shape):
        for element, h, w in _elements(i, j, kernel_size, stride, padding, dilation, output_size):
            if element == winners[n, c, i, j]:
                y[n, c, h, w] += x[n, c, i, j]
    return y


def gather2d(
    y: Array, winners: Array, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> Array:
    """Read every window at its winner; the adjoint of `max_unpool2d`.

    Parameters
    ----------
    y : array (N, C, H, W)
    winners : unsigned int array (N, C, h, w)
        As `max_pool2d` gives them, with the same settings.

    Returns
    -------
    array (N, C, h, w)
    """
    x = np.zeros(winners.shape, _result_type(y))
    for n, c, i, j in np.ndindex(winners.shape):
        for element, h, w in _elements(i, j, kernel_size, stride, padding, dilation, y.shape[2:]):
            if element == winners[n, c, i, j]:
                x[n, c, i, j] = y[n, c, h, w]
    return x


def winner_indices(
    winners: Array,
    input_size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> Array:
    """Where the winners of `max_pool2d` stand in the flattened (H * W) plane.

    Parameters
    ----------
    winners : unsigned int array (N, C, h, w)
    input_size : (H, W)

    Returns
    -------
    int64 array (N, C, h, w)
    """
    indices = np.zeros(winners.shape, np.int64)
    for n, c, i, j in np.ndindex(winners.shape):
        for element, h, w in _elements(i, j, kernel_size, stride, padding, dilation, input_size):
            if element == winners[n, c, i, j]:
                indices[n, c, i, j] = h * input_size[1] + w
    return indices


def index_winners(
    indices: Array,
    input_size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> Array | None:
    """The inverse of `winner_indices`; ``None`` if an index does not lie in its window.

    Parameters
    ----------
    indices : int array (N, C, h, w)
        Flat in the (H * W) plane.
    input_size : (H, W)

    Returns
    -------
    unsigned int array (N, C, h, w) or None
    """
    winners = np.zeros(indices.shape, np.min_scalar_type(kernel_size[0] * kernel_size[1] - 1))
    for n, c, i, j in np.ndindex(indices.shape):
        for element, h, w in _elements(i, j, kernel_size, stride, padding, dilation, input_size):
            if h * input_size[1] + w == indices[n, c, i, j]:
                winners[n, c, i, j] = element
                break
        else:
            return None
    return winners


def _pool_window(i: int, size: int, kernel: int, stride: int, padding: int) -> tuple[int, int, int]:
    """Start, end and counted length of window `i` along one axis.

    The counted length includes padding, but not what hangs over it at the far side.
    """
    start = i * stride - padding
    end = min(start + kernel, size + padding)
    return max(start, 0), min(end, size), end - start


def avg_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    output_size: Pair,
    count_include_pad: bool,
) -> Array:
    """The mean of every window.

    Parameters
    ----------
    x : array (N, C, H, W)
    output_size : (OH, OW), how many windows; the last ones may hang over the edge.
    count_include_pad : bool
        Whether the zeros of the padding are counted in the divisor.

    Returns
    -------
    array (N, C, OH, OW)
    """
    (batch, channels, height, width), (kh, kw) = x.shape, kernel_size
    y = np.zeros((batch, channels, *output_size), _result_type(x))
    for n, c, i, j in np.ndindex(y.shape):
        top, bottom, rows = _pool_window(i, height, kh, stride[0], padding[0])
        left, right, columns = _pool_window(j, width, kw, stride[1], padding[1])
        window = x[n, c, top:bottom, left:right]
        count = rows * columns if count_include_pad else window.size
        if window.size:
            y[n, c, i, j] = window.sum() / count
    return y


def avg_pool2d_input_gradient(
    g: Array,
    input_size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    count_include_pad: bool,
) -> Array:
    """The adjoint of `avg_pool2d`: every gradient, in equal shares, to its window.

    Parameters
    ----------
    g : array (N, C, OH, OW)
    input_size : (H, W)

    Returns
    -------
    array (N, C, H, W)
    """
    (height, width), (kh, kw) = input_size, kernel_size
    dx = np.zeros((*g.shape[:2], height, width), _result_type(g))
    for n, c, i, j in np.ndindex(g.shape):
        top, bottom, rows = _pool_window(i, height, kh, stride[0], padding[0])
        left, right, columns = _pool_window(j, width, kw, stride[1], padding[1])
        window = dx[n, c, top:bottom, left:right]
        count = rows * columns if count_include_pad else window.size
        if window.size:
            window += g[n, c, i, j] / count
    return dx


def resample(x: Array, rows: tuple[Array, Array], columns: tuple[Array, Array]) -> Array:
    """Make the rows and the columns of every plane anew, as sums of some of the old ones.

    Along an axis output i is the sum over k of weight[k, i] · x[index[k, i]]: the product with a
    sparse matrix.

    Parameters
    ----------
    x : array (N, C, H, W)
    rows, columns : pair of arrays (K, M)
        Of each axis index and weight: K terms for each of M outputs. Terms of weight 0 are left
        out, whatever their index points to.

    Returns
    -------
    array (N, C, M of rows, M of columns)
    """
    for axis, (index, weight) in ((3, columns), (2, rows)):
        factors = weight.astype(_result_type(x))
        factors = factors.reshape(*weight.shape, *(1,) * (3 - axis))
        terms = zip(index, factors, strict=True)
        x = sum(share * np.where(share == 0, 0, np.take(x, at, axis)) for at, share in terms)
    return x


def softmax(x: Array, logarithm: bool) -> Array:
    """The probabilities of classes, or their logarithms.

    Parameters
    ----------
    x : array (N, C, L)
        The scores of C classes at each of L places.

    Returns
    -------
    array (N, C, L)
    """
    largest = x.max(axis=1, keepdims=True, initial=-np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = x - np.where(np.isinf(largest), 0, largest).astype(x.dtype)
        total = np.exp(shifted).sum(axis=1, keepdims=True)
        return shifted - np.log(total) if logarithm else np.exp(shifted) / total


def softmax_backward(g: Array, y: Array, logarithm: bool) -> Array:
    """The gradient to the scores whose softmax, or its logarithm, is y; all (N, C, L)."""
    if logarithm:
        return g - np.exp(y) * g.sum(axis=1, keepdims=True)
    return y * (g - (g * y).sum(axis=1, keepdims=True))


def cross_entropy(x: Array, target: Array) -> tuple[Array, Array]:
    """The probabilities of classes, and −ln of that of the right one.

    Parameters
    ----------
    x : array (N, C, L)
        The scores of C classes at each of L places.
    target : int array (N, L)
        Classes, 0 to C − 1.

    Returns
    -------
    array (N, C, L), array (N, L)
    """
    chosen = np.take_along_axis(softmax(x, True), target[:, None], axis=1)
    return softmax(x, False), -chosen[:, 0]


def cross_entropy_backward(probabilities: Array, target: Array, share: Array) -> Array:
    """(softmax − target) · share.

    Parameters
    ----------
    probabilities : array (N, C, L)
        The softmax.
    target : int array (N, L)
        Classes, 0 to C − 1.
    share : array (N, L)
        How much each counts.

    Returns
    -------
    array (N, C, L)
    """
    dx = probabilities * share[:, None]
    for n, place in np.ndindex(target.shape):
        dx[n, target[n, place], place] -= share[n, place]
    return dx


def relu(x: Array) -> Array:
    """max(x, 0); what is not a number stays so."""
    return np.maximum(x, 0)


def gate(g: Array, x: Array, slope: float) -> Array:
    """`g` where x is positive, else slope times `g`; all of one shape.

    The gradient of `relu` (with its output for x, and slope 0) and of the leaky one, and with x for
    `g` the latter itself.
    """
    return g * np.where(x > 0, 1, slope).astype(x.dtype)


def channel_moments(x: Array) -> tuple[Array, Array]:
    """Mean and variance of each channel; 0 where there is nothing.

    Parameters
    ----------
    x : array (N, C, L)

    Returns
    -------
    mean, variance : array (C,)
    """
    mean, variance = np.zeros((2, x.shape[1]), _result_type(x))
    for c in range(x.shape[1]):
        values = x[:, c].astype(np.float64)
        if values.size:
            mean[c] = values.mean()
            variance[c] = ((values - mean[c]) ** 2).mean()
    return mean, variance


def channel_products(g: Array, x: Array, mean: Array) -> tuple[Array, Array]:
    """Of each channel Σ g, and Σ g · (x − mean): what a batch's statistics send back.

    Parameters
    ----------
    g, x : array (N, C, L)
    mean : array (C,)

    Returns
    -------
    sums, along : array (C,)
    """
    sums, along = np.zeros((2, x.shape[1]), _result_type(g, x))
    for c in range(x.shape[1]):
        sums[c] = g[:, c].sum(dtype=np.float64)
        along[c] = (g[:, c] * (x[:, c] - mean[c])).sum(dtype=np.float64)
    return sums, along


def channel_scale(x: Array, mean: Array, factor: Array, shift: Array) -> Array:
    """(x − mean) · factor + shift, with one of each a channel.

    Parameters
    ----------
    x : array (N, C, L)
    mean, factor, shift : array (C,)

    Returns
    -------
    array (N, C, L)
    """
    y = np.empty(x.shape, _result_type(x, mean, factor, shift))
    for c in range(x.shape[1]):
        y[:, c] = (x[:, c] - mean[c]) * factor[c] + shift[c]
    return y


def channel_backward(
    g: Array, x: Array, mean: Array, inverse: Array, weight: Array
) -> tuple[Array, Array, Array]:
    """The gradient to x of (x − mean) · inverse · weight, where both depend on all of the channel.

    With x̂ = (x − mean) · inverse it is (g − mean(g) − x̂ · mean(g · x̂)) · inverse · weight.

    Parameters
    ----------
    g, x : array (N, C, L)
    mean, inverse, weight : array (C,)
        Of each channel its mean, 1 / √(variance + ε), and what it is multiplied with.

    Returns
    -------
    dx : array (N, C, L)
    sums, along : array (C,)
        As from `channel_products`, for the gradients to bias and weight.
    """
    sums, along = channel_products(g, x, mean)
    dx = np.empty(x.shape, _result_type(g, x, mean, inverse, weight))
    count = max(x.shape[0] * x.shape[2], 1)
    for c in range(x.shape[1]):
        normalized = (x[:, c] - mean[c]) * inverse[c]
        centred = g[:, c] - sums[c] / count - normalized * (along[c] * inverse[c] / count)
        dx[:, c] = centred * (inverse[c] * weight[c])
    return dx, sums, along
