"""Products of matrices and tensors, and linear algebra."""

from __future__ import annotations
