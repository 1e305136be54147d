"""Batch, layer, group and instance normalisation, and dropout."""

from __future__ import annotations
