"""Gradient ascent, Gram matrix and style loss."""
