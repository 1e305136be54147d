"""Random numbers that differ from student to student and cannot be foreseen."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np


def generator(secret: bytes, *names: str) -> np.random.Generator:
    """The random numbers that belong to a student, a problem and a case.

    Parameters
    ----------
    secret : bytes
        The course's: who does not know it cannot compute the numbers.
    *names : str

    Examples
    --------
    >>> a, b = (generator(b"course", name, "conv", "stride 2").random() for name in ("ann", "bo"))
    >>> a == generator(b"course", "ann", "conv", "stride 2").random(), a == b
    (True, False)
    """
    digest = hmac.new(secret, "\0".join(names).encode("utf-8", "surrogatepass"), hashlib.sha256)
    return np.random.default_rng(int.from_bytes(digest.digest(), "little"))
