"""Functions that move elements about: reshaping, joining, splitting, padding."""

from __future__ import annotations
