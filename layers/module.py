"""Module: a function with parameters, made of other modules.

Parameters, buffers and submodules are plain attributes. What an attribute is follows from its
value, so copying, pickling and looking at a module need nothing special.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .parameter import Parameter
from .state import LoadedKeys, converted, suggest, values

if TYPE_CHECKING:  # newer than the oldest Python
    from typing import Self

Observer = Callable[["Module", tuple[Any, ...], Any], None]

_observers: ContextVar[tuple[Observer, ...]] = ContextVar("layers_observers", default=())


@contextmanager
def observing(observe: Observer) -> Iterator[None]:
    """Call ``observe(module, inputs, output)`` after each call of a module, for a while."""
    token = _observers.set((*_observers.get(), observe))
    try:
        yield
    finally:
        _observers.reset(token)


class Module:
    """A function with parameters, made of other modules.

    Assigning a `Parameter` or a `Module` to an attribute registers it. Write `forward`; call
    the module itself.

    Attributes
    ----------
    training : bool
        Whether dropout drops and batch normalisation uses the batch; see `train` and `eval`.

    Examples
    --------
    >>> import layers, minigrad as mg, numpy as np
    >>> class Perceptron(layers.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = layers.Linear(4, 8, rng=0)
    ...         self.output = layers.Linear(8, 2, rng=1)
    ...
    ...     def forward(self, x):
    ...         return self.output(mg.relu(self.hidden(x)))
    >>> model = Perceptron()
    >>> model(np.ones((3, 4))).shape
    (3, 2)
    >>> list(model.state_dict())
    ['hidden.weight', 'hidden.bias', 'output.weight', 'output.bias']
    """

    training: bool = True
    # The names of buffers, and whether state_dict holds them.
    _buffers: Mapping[str, bool] = {}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each subclass has its own."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(self, x)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        output = self.forward(*args, **kwargs)
        for observe in _observers.get():
            observe(self, args, output)
        return output

    # ---- registration ---------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        old = vars(self).get(name)
        if isinstance(value, Parameter | Module):
            self._check_name(name)
            if not isinstance(old, Parameter if isinstance(value, Parameter) else Module):
                vars(self).pop(name, None)  # registered now: it stands behind the earlier ones
        elif isinstance(old, Parameter | Module) and value is not None:
            raise TypeError(
                f"{type(self).__name__}.{name} is a {type(old).__name__}; a "
                f"{type(value).__name__} in its place would no longer be trained or saved: assign "
                f"a {type(old).__name__}" + (f", or to {name}.data" * isinstance(old, Parameter))
            )
        elif name in self._buffers and value is not None:
            value = np.array(value)
        super().__setattr__(name, value)

    def register_buffer(
        self, name: str, array: npt.ArrayLike | None, persistent: bool = True
    ) -> None:
        """Register an array that is saved with the parameters but not trained.

        Parameters
        ----------
        name : str
            The attribute that will hold it.
        array : array_like or None
            Copied. ``None`` keeps the place without a value.
        persistent : bool
            Whether `state_dict` holds it.

        Examples
        --------
        >>> import layers
        >>> module = layers.Module()
        >>> module.register_buffer("mean", [0.5, 0.25])
        >>> module.state_dict()
        {'mean': array([0.5 , 0.25])}
        """
        self._check_name(name)
        self._buffers = {**self._buffers, name: persistent}
        setattr(self, name, array)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Register a parameter under a name that is made while the program runs.

        ``None`` keeps the place without a parameter, as a layer without a bias does.

        Examples
        --------
        >>> import layers
        >>> module = layers.Module()
        >>> module.register_parameter("scale", layers.Parameter([1.0]))
        >>> [name for name, _ in module.named_parameters()]
        ['scale']
        """
        if not isinstance(parameter, Parameter | None):
            raise TypeError(
                f"{name!r} must be a Parameter or None, not a {type(parameter).__name__}: "
                "make one with layers.Parameter(array)"
            )
        self._check_name(name)
        setattr(self, name, parameter)

    def add_module(self, name: str, module: Module | None) -> None:
        """Register a submodule under a name that is made while the program runs.

        Examples
        --------
        >>> import layers
        >>> network = layers.Sequential()
        >>> for i in range(2):
        ...     network.add_module(f"block{i}", layers.ReLU())
        >>> network
        Sequential(
          (block0): ReLU()
          (block1): ReLU()
        )
        """
        if not isinstance(module, Module | None):
            raise TypeError(f"{name!r} must be a Module or None, not a {type(module).__name__}")
        self._check_name(name)
        setattr(self, name, module)

    def _check_name(self, name: str) -> None:
        if not name or "." in name:
            raise ValueError(f"{name!r} cannot name a part of a module: use a name without dots")
        if callable(getattr(type(self), name, None)) or name in ("training", "_buffers"):
            raise ValueError(
                f"{type(self).__name__} has its own {name!r}: give the parameter, buffer or "
                "submodule another name"
            )

    # ---- looking around -------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules with their names, in the order of assignment."""
        for name, value in list(vars(self).items()):
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """The direct submodules."""
        return (module for _, module in self.named_children())

    def _walk(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below, by dotted name; a shared one once under each name."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child._walk(f"{prefix}.{name}" if prefix else name)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (as ``""``) and all below it, by dotted name, each once.

        Examples
        --------
        >>> import layers
        >>> [name for name, _ in layers.Sequential(layers.ReLU(), layers.Tanh()).named_modules()]
        ['', '0', '1']
        """
        seen: set[int] = set()
        for name, module in self._walk(prefix):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def get_submodule(self, name: str) -> Module:
        """The module of that dotted name, as in `named_modules` and `state_dict`.

        Raises
        ------
        ValueError
            If there is none; the error lists near names.

        Examples
        --------
        >>> import layers
        >>> layers.Sequential(layers.Linear(2, 3, rng=0), layers.ReLU()).get_submodule("1")
        ReLU()
        """
        modules = dict(self._walk())
        if name not in modules:
            known = [known for known in modules if known]
            raise ValueError(
                f"{type(self).__name__} has no layer named {name!r}{suggest(name, known)}"
            )
        return modules[name]

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters by dotted name, each once; with ``recurse=False`` only its own."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in list(vars(module).items()):
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, np.ndarray]]:
        """The buffers (plain arrays) by dotted name; with ``recurse=False`` only its own."""
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name in module._buffers:
                value = vars(module).get(name)
                if isinstance(value, np.ndarray):
                    yield (f"{path}.{name}" if path else name), value

    def buffers(self, recurse: bool = True) -> Iterator[np.ndarray]:
        """The buffers, as plain arrays."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # ---- saving and loading ---------------------------------------------------------------

    def _state(self) -> Iterator[tuple[str, Module, str]]:
        """For each entry of `state_dict`: its name, the module that holds it, the attribute."""
        for path, module in self._walk():
            own = [name for name, value in vars(module).items() if isinstance(value, Parameter)]
            own += [
                name
                for name, persistent in module._buffers.items()
                if persistent and isinstance(vars(module).get(name), np.ndarray)
            ]
            for name in own:
                yield (f"{path}.{name}" if path else name), module, name

    def state_dict(self) -> dict[str, np.ndarray]:
        """Every parameter and buffer by dotted name: copies, which later training leaves alone.

        Names, shapes and order are those of the same network in ``torch.nn``.

        Examples
        --------
        >>> import layers
        >>> {name: array.shape for name, array in layers.BatchNorm2d(3).state_dict().items()}
        {'weight': (3,), 'bias': (3,), 'running_mean': (3,), 'running_var': (3,),
         'num_batches_tracked': ()}
        """
        return {name: values(getattr(owner, key)).copy() for name, owner, key in self._state()}

    def load_state_dict(self, arrays: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Take over values by name, cast to the dtypes that stand: all of them or none.

        Parameters
        ----------
        arrays : mapping from str to array_like
            As `state_dict` and ``layers.load`` give them.
        strict : bool
            ``False`` allows missing and unexpected names (but no wrong shapes).

        Returns
        -------
        LoadedKeys
            The ``missing_keys`` that `arrays` left out, and the ``unexpected_keys`` in it.

        Raises
        ------
        ValueError
            Naming every key that is missing, unexpected, or of another shape or kind. Nothing
            has been changed then.

        Examples
        --------
        >>> import layers, numpy as np
        >>> layers.Linear(2, 1).load_state_dict({"weight": np.ones((2, 1)), "bias": [0.0]})
        Traceback (most recent call last):
        ...
        ValueError: cannot load into Linear, nothing was changed:
          weight has shape (2, 1), the module needs (1, 2)
        """
        if not isinstance(arrays, Mapping):
            raise TypeError(
                f"load_state_dict takes a dict from name to array, not {type(arrays).__name__}; "
                "layers.load(path) reads one from a file"
            )
        places = {name: (owner, key) for name, owner, key in self._state()}
        missing = [name for name in places if name not in arrays]
        unexpected = [name for name in arrays if name not in places]
        problems = []
        if strict:
            problems += [f"{n} is missing{suggest(n, unexpected, True)}" for n in missing]
            problems += [f"{n} is unexpected{suggest(n, missing, True)}" for n in unexpected]
        fresh = {}
        for name, (owner, key) in places.items():
            if name in arrays:
                try:
                    fresh[name] = converted(arrays[name], values(getattr(owner, key)))
                except (TypeError, ValueError, RuntimeError) as error:
                    problems.append(f"{name} {error}")
        if problems:
            lines = problems[:12] + [f"... and {len(problems) - 12} more"] * (len(problems) > 12)
            raise ValueError(
                f"cannot load into {type(self).__name__}, nothing was changed:\n  "
                + "\n  ".join(lines)
            )
        for name, array in fresh.items():
            owner, key = places[name]
            value = getattr(owner, key)
            if isinstance(value, Parameter):
                value.own(array)
            else:
                setattr(owner, key, array)
        return LoadedKeys(missing, unexpected)

    # ---- changing all of it ---------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode (or with ``False`` out of it), all the way down."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation: nothing is dropped, running statistics are used."""
        return self.train(False)

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call ``function(module)`` on every module, submodules first.

        Examples
        --------
        >>> import layers
        >>> model = layers.Sequential(layers.Linear(2, 2), layers.ReLU())
        >>> _ = model.apply(lambda module: print(type(module).__name__))
        Linear
        ReLU
        Sequential
        """
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have all parameters trained, or with ``False`` frozen."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            parameter.grad = None if set_to_none else np.zeros_like(parameter.array)

    def double(self) -> Self:
        """Turn parameters and floating-point buffers into float64."""
        return self._cast(np.float64)

    def float(self) -> Self:
        """Turn parameters and floating-point buffers into float32."""
        return self._cast(np.float32)

    def _cast(self, dtype: npt.DTypeLike) -> Self:
        for parameter in self.parameters():
            parameter.own(parameter.array.astype(dtype))
            if parameter.grad is not None:
                parameter.grad = parameter.grad.astype(dtype)
        for module in self.modules():
            for name, buffer in module.named_buffers(recurse=False):
                if buffer.dtype.kind == "f":
                    setattr(module, name, buffer.astype(dtype))
        return self

    # ---- showing --------------------------------------------------------------------------

    def multiply_adds(self, inputs: tuple[Any, ...], output: Any) -> int:
        """How many multiply-adds this module itself spent on `output`; see `layers.summary`."""
        return 0

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return ""

    def __repr__(self) -> str:
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self.named_children()
        ]
        inside = [self.extra_repr()] * bool(self.extra_repr()) + children
        if not children:
            return f"{type(self).__name__}({''.join(inside)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(inside) + "\n)"
