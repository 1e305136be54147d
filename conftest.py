"""Import the packages before pytest collects doctests from a single file of theirs.

It would otherwise run that file twice, and bind the submodule over the function of its name.
"""

import layers  # noqa: F401
import minigrad.stepping  # noqa: F401
import techniques  # noqa: F401
