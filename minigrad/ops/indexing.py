"""Indexing of every kind, and its adjoint."""

from __future__ import annotations
