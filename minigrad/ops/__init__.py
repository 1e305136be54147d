"""Every operation, by family. All are reachable as ``mg.<name>``.

The star imports bring whatever the families define; what is public of it are the primitives
and the functions written on top of them.
"""

from inspect import isfunction as _isfunction
from typing import TYPE_CHECKING

from ..primitive import Primitive as _Primitive
from ..primitive import primitives as _primitives
from .activation import *
from .arithmetic import *
from .choosing import *
from .convolution import *
from .cross_entropy import *
from .cumulative import *
from .diagonals import *
from .dropout import *
from .einsum import *
from .elementwise import *
from .facts import *
from .gelu import *
from .indexing import *
from .joining import *
from .linalg import *
from .linear import *
from .loss import *
from .normalization import *
from .norms import *
from .ordering import *
from .padding import *
from .pooling import *
from .products import *
from .reduction import *
from .repeating import *
from .resampling import *
from .rounding import *
from .shape import *
from .softmax import *
from .trigonometry import *

# A type checker sees what the star imports bring; it cannot follow the list.
if not TYPE_CHECKING:
    # What the families are written with is theirs alone.
    _inner = {"arrays", "axes", "geometry", "namesake", "samples"}
    _rules = {
        rule.function
        for primitive in _primitives().values()
        for rule in ([primitive.rules] if primitive.variadic else primitive.rules)
        if rule is not None
    }
    __all__ = [
        name
        for name, value in list(globals().items())
        if not name.startswith("_")
        and value not in _rules
        and (isinstance(value, _Primitive) or (_isfunction(value) and __name__ in value.__module__))
        and value.__module__.rpartition(".")[2] not in _inner
    ]
