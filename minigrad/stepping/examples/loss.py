"""Softmax with cross-entropy: probability minus truth comes back."""

import numpy as np

import minigrad as mg

logits = mg.Tensor([[2.0, 1.0, -1.0]], requires_grad=True, name="logits")
truth = np.array([[0.0, 1.0, 0.0]])
probabilities = mg.softmax(logits)
probabilities.name = "probabilities"
loss = -(np.log(probabilities) * truth).sum()
loss.name = "loss"
loss.backward()
