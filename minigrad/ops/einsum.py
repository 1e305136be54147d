"""Einstein's sums: any product of arrays, summed over any of their axes."""

from __future__ import annotations

import string

import numpy as np

from ..kernels.blas import without_threads
from ..numpy_protocol import implements
from ..primitive import primitive
from ..unbroadcasting import unbroadcast


def _contraction_sample(rng):
    for subscripts, *shapes in [
        ("ij,jk->ik", (3, 4), (4, 2)),
        ("bij,bjk->bki", (2, 3, 4), (2, 4, 2)),
        ("i,j->ij", (3,), (2,)),
        ("ij,ij->", (3, 4), (3, 4)),
        ("ij,ij->i", (1, 4), (3, 1)),
        ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
        ("ij->ji", (3, 4)),
    ]:
        yield tuple([rng.normal(size=shape) for shape in shapes]), {"subscripts": subscripts}


@primitive(
    formula="Σ of products over the letters that the result lacks",
    linear=("operands",),
    sample=_contraction_sample,
)
def contraction(*operands, subscripts):
    """`einsum` in plain form: an arrow, no ellipsis, no letter twice or alone in one operand.

    Parameters
    ----------
    *operands : array_like or Tensor
    subscripts : str
        A letter for each axis of each operand; the letters that the result lacks are summed over.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.contraction([[1.0, 2.0]], [[3.0], [4.0]], subscripts="ij,jk->ik")
    array([[11.]])
    """
    with without_threads:
        return np.einsum(subscripts, *operands, optimize=len(operands) > 1)


@contraction.vjp("operands", "the same sum with ȳ in its place")
def contraction_operands(g, index, operands, operands_shape, subscripts):
    sources, result = subscripts.split("->")
    terms = sources.split(",")
    own = terms.pop(index)
    others = [operand for i, operand in enumerate(operands) if i != index]
    pulled = contraction(g, *others, subscripts=f"{','.join([result, *terms])}->{own}")
    # Axes of size one are stretched, in this operand or in all others.
    shape = operands_shape[index]
    return unbroadcast(np.broadcast_to(pulled, np.broadcast_shapes(pulled.shape, shape)), shape)


@implements(np.einsum)
def einsum(subscripts, *operands, optimize=True):
    """As `numpy.einsum`: subscripts with an ellipsis or not, an arrow or not; or lists of axes.

    Parameters
    ----------
    subscripts : str
        A letter for each axis of each operand; axes that share one are multiplied, and those that
        the result lacks are summed over.
    *operands : array_like or Tensor
    optimize : bool
        Without meaning: products are always taken in a good order.

    Raises
    ------
    ValueError
        If the subscripts do not fit the operands.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.einsum("ij,j", np.eye(2), np.array([1.0, 2.0]))
    array([1., 2.])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _from_lists((subscripts, *operands))
    terms, result = _explicit(subscripts, [np.ndim(x) for x in operands])
    simple = [
        _simplified(x, term, result, "".join(terms[:i] + terms[i + 1 :]))
        for i, (x, term) in enumerate(zip(operands, terms, strict=True))
    ]
    terms = [term for _, term in simple]
    return contraction(*[x for x, _ in simple], subscripts=f"{','.join(terms)}->{result}")


def _from_lists(arguments):
    """``(x, [0, 1], y, [1], [0])`` as subscripts and operands."""
    lists = list(arguments[1::2])
    operands = arguments[: 2 * (len(arguments) // 2) : 2]
    if len(arguments) % 2:
        lists.append(arguments[-1])
    terms = [
        "".join("..." if i is Ellipsis else string.ascii_letters[i] for i in axes) for axes in lists
    ]
    if len(arguments) % 2:
        return f"{','.join(terms[:-1])}->{terms[-1]}", operands
    return ",".join(terms), operands


def _explicit(subscripts, ndims):
    """The terms and the result, with letters for the ellipsis and for a result left out."""
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum({subscripts!r}) describes {len(terms)} operands, and {len(ndims)} were given"
        )
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    widths = [n - len(t.replace("...", "")) if "..." in t else 0
              for t, n in zip(terms, ndims, strict=True)]  # fmt: skip
    for term, ndim, width in zip(terms, ndims, widths, strict=True):
        if width < 0 or ("..." not in term and len(term) != ndim):
            raise ValueError(
                f"einsum({subscripts!r}): {term!r} does not fit an operand with {ndim} axes"
            )
    widest = max(widths, default=0)
    ellipsis = "".join(free[:widest])
    terms = [t.replace("...", ellipsis[widest - w :]) for t, w in zip(terms, widths, strict=True)]
    if arrow:
        return terms, result.replace("...", ellipsis)
    letters = "".join(terms)
    single = sorted(i for i in set(letters) - set(ellipsis) if letters.count(i) == 1)
    return terms, ellipsis + "".join(single)


def _simplified(x, term, result, elsewhere):
    """Take the diagonal of repeated letters and sum over letters that nothing else has."""
    for letter in term:
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            x = np.diagonal(x, 0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    lonely = tuple([i for i, j in enumerate(term) if j not in result and j not in elsewhere])
    if lonely:
        x = np.sum(x, axis=lonely)
        term = "".join(j for i, j in enumerate(term) if i not in lonely)
    return x, term
