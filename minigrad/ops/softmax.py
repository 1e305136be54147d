"""Softmax and its logarithm."""

from __future__ import annotations
