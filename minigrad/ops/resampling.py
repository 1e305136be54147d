"""Interpolation, unfolding and folding."""

from __future__ import annotations
