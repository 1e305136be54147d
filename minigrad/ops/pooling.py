"""Pooling and max-unpooling."""

from __future__ import annotations
