"""How to attack a defence itself (Athalye et al. 2018): a defence that only hides its gradient
falls to one of these.

They wrap a model; attack the result with any attack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg

from ..model import Model

Array = NDArray[Any]


def defended(model: Model, clean: Callable[[Array], Array]) -> Model:
    """Return the model behind a defence of pictures, with a gradient that ignores the defence.

    Forward, the model sees ``clean(images)``; backward, the gradient passes as if that were the
    identity, which it nearly is (BPDA). To *use* the defence, call the result; to *break* it,
    attack the result. An attack on `model` alone would not know of the defence.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques.defenses import bit_depth, defended
    >>> model = defended(lambda x: 2 * x.reshape(1, 2), lambda images: bit_depth(images, 1))
    >>> x = mg.Tensor([[[[0.2, 0.9]]]], requires_grad=True)
    >>> y = model(x)
    >>> y.data, mg.grad(y.sum(), x)[0].data
    (array([[0., 2.]]), array([[[[2., 2.]]]]))
    """
    return lambda x: model(x + (clean(x.data) - x.data))


def expected(
    model: Model,
    vary: Callable[[Array, np.random.Generator], Array],
    samples: int = 16,
    rng: int | np.random.Generator | None = None,
) -> Model:
    """Return the mean of the model's scores over a random defence, and of their gradients (EOT).

    Parameters
    ----------
    vary : callable
        ``vary(images, rng)`` returns the pictures as the defence hands them on: with noise, moved,
        scaled to another size and back. The gradient passes it as in `defended`.
    samples : int
        How many draws to average.
    rng : int, Generator or None

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques.defenses import expected
    >>> def noisy(images, rng):
    ...     return images + rng.normal(size=images.shape)
    >>> model = expected(lambda x: x.reshape(1, 2), noisy, samples=2000, rng=0)
    >>> model(mg.Tensor([[[[3.0, 5.0]]]])).data.round(1)
    array([[3., 5.]])
    """
    if samples < 1:
        raise ValueError(f"at least one sample is needed, not {samples}")
    generator = np.random.default_rng(rng)

    def mean(x: mg.Tensor) -> mg.Tensor:
        total = model(x + (vary(x.data, generator) - x.data))
        for _ in range(samples - 1):
            total = total + model(x + (vary(x.data, generator) - x.data))
        return total / samples

    return mean


def at_temperature(model: Model, temperature: float) -> Model:
    """Return the model with its logits divided by a temperature.

    A distilled network has logits so large that its softmax, and with it the gradient of the loss,
    vanishes. Divided by the temperature of the training, they show their gradient again.

    Examples
    --------
    >>> import minigrad as mg
    >>> from techniques.defenses import at_temperature
    >>> at_temperature(lambda x: x * 100, 50.0)(mg.Tensor([1.0, 2.0])).data
    array([2., 4.])
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"a temperature is positive, not {temperature}")
    return lambda x: model(x) / temperature
