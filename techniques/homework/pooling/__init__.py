"""Pooling, unpooling and transposed convolution."""
