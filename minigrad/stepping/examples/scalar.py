"""A scalar expression: x is used four times, so four addends meet."""

import numpy as np

import minigrad as mg

x = mg.Tensor(2.0, requires_grad=True, name="x")
y = mg.Tensor(-1.0, requires_grad=True, name="y")
product = x * y
growth = np.exp(y) * x
(product + growth + x * x).backward()
