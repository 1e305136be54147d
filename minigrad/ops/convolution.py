"""Convolution and transposed convolution."""

from __future__ import annotations
