"""What all tests share: how hard Hypothesis tries, here and in continuous integration."""

from __future__ import annotations

import os

import hypothesis

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, max_examples=200)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")
