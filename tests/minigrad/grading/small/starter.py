"""Fill in two small functions."""


def affine(x, weight):
    raise NotImplementedError("affine")


def norm(x):
    raise NotImplementedError("norm")
