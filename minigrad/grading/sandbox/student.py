"""The loop in a student's process: load the submission, then call its functions as asked.

What is sent back says nothing that a mark depends on but the values that the functions returned:
the submission may have changed anything in this process, this loop included.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import os
import sys
import traceback
import types
from collections.abc import Sequence
from typing import Any

from .wire import Decoder, Message, WireError, encode

_MAX_REQUEST = 1 << 30
_MAX_TEXT = 4000


def serve(requests: int, replies: int) -> None:
    """Answer requests until there are no more."""
    _keep_only(requests, replies)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    # Each line is written at once, so that it can be told which call printed it.
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = open(  # noqa: SIM115
            descriptor, "w", 1, "utf-8", "backslashreplace", closefd=False
        )
        setattr(sys, name, stream)
    write, read = os.write, os.read
    module = types.ModuleType("submission")
    while (message := _next(requests, read)) is not None:
        fields, value = _answer(message, module)
        try:
            frame = encode({**fields, "number": message.fields["number"]}, value)
        except (WireError, MemoryError) as error:
            kind = "memory" if isinstance(error, MemoryError) else "refused"
            fields = {"kind": kind, "text": str(error)}
            frame = encode({**fields, "number": message.fields["number"]}, None)
        _flush()
        view = memoryview(frame)
        while view:
            view = view[write(replies, view) :]


def _keep_only(*descriptors: int) -> None:
    """Close all descriptors but the standard three and these."""
    last = 3
    for descriptor in sorted(descriptors):
        os.closerange(last, descriptor)
        last = descriptor + 1
    os.closerange(last, 1 << 16)


def _next(requests: int, read: Any) -> Message | None:
    decoder = Decoder(_MAX_REQUEST)
    while data := read(requests, 1 << 16):
        message = decoder.feed(data)
        if message is not None:
            return message
    return None


def _answer(message: Message, module: types.ModuleType) -> tuple[dict[str, Any], Any]:
    try:
        if message.fields["kind"] == "load":
            _load(module, message.fields, message.value)
            return {"kind": "loaded"}, None
        function = getattr(module, message.fields["call"], None)
        if not callable(function):
            return {"kind": "missing"}, None
        return {"kind": "value"}, function(*message.value)
    except MemoryError:
        return {"kind": "memory"}, None
    except BaseException as error:  # SystemExit too
        return {"kind": "error", **_described(error)}, None


def _load(module: types.ModuleType, fields: dict[str, Any], files: dict[str, str]) -> None:
    main = fields["main"]
    allowed = fields["imports"]
    if allowed is not None:
        sys.meta_path.insert(0, _OnlyAllowed({*allowed, *map(_module_name, files)}))
    sys.meta_path.append(_Siblings(files))  # the last to be asked, so that they shadow nothing
    for name, text in files.items():
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    module.__file__ = main
    sys.modules["submission"] = module
    exec(compile(files[main], main, "exec", dont_inherit=True), module.__dict__)


def _module_name(file: str) -> str:
    return file.removesuffix(".py")


class _OnlyAllowed(importlib.abc.MetaPathFinder):
    """Refuses what an assignment does not allow; what is not allowed cannot be read anyway."""

    def __init__(self, names: set[str]):
        self.names = names | sys.stdlib_module_names

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        top = fullname.partition(".")[0]
        if top not in self.names:
            raise ModuleNotFoundError(f"{top} may not be imported in this assignment", name=top)


class _Siblings(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the other files of a submission, which are kept in memory."""

    def __init__(self, files: dict[str, str]):
        self.files = {_module_name(name): name for name in files}
        self.texts = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.files:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=self.files[fullname])

    def exec_module(self, module: types.ModuleType) -> None:
        name = self.files[module.__name__]
        exec(compile(self.texts[name], name, "exec", dont_inherit=True), module.__dict__)


def _described(error: BaseException) -> dict[str, str]:
    """The error's type and a traceback that begins in the submission."""
    try:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in _own()]
        lines = traceback.format_list(frames[-6:]) + traceback.format_exception_only(error)
        text = "".join(str(line) for line in lines)
        return {"type": str(type(error).__name__)[:80], "text": str(text[-_MAX_TEXT:])}
    except BaseException:  # an error that cannot even be shown
        return {"type": "error", "text": "an error that cannot be shown"}


def _own() -> set[str]:
    return {name for name, entry in linecache.cache.items() if len(entry) == 4 and not entry[1]}


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # the submission may have put anything there
            continue
