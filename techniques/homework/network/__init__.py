"""A network from scratch, with softmax and cross-entropy."""
