"""PyTorch's .pth form: a pickle that describes tensors, and the bytes of their storages.

Since version 1.6 both stand in a zip archive, as ``NAME/data.pkl`` and ``NAME/data/KEY``; before,
five pickles (magic number, version, system, the object, the keys of storages) were followed by
each storage's count of elements and its bytes.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from .archive import check_sizes, check_unpacked, entry_bytes
from .raw import contents, element_size, elements
from .unpickler import Function, Unpickler, fill

_MAGIC = 0x1950A86A20F9469CFC6C
_LONGEST_PICKLE = 2**22
_DTYPES = {
    "Bool": "b1", "Byte": "u1", "Char": "i1", "Short": "i2", "Int": "i4", "Long": "i8",
    "Half": "f2", "BFloat16": "bf16", "Float": "f4", "Double": "f8",
}  # fmt: skip


def read(file: IO[bytes]) -> dict[str, np.ndarray]:
    """Read the tensors of either form; see `layers.load` for what is left out."""
    data = contents(file)
    if data[:4] == b"PK\x03\x04":
        state, storages = _read_archive(file, data)
    else:
        state, storages = _read_legacy(data)
    return _arrays(state, storages, len(data))


# ---- what the pickle describes ----------------------------------------------------------------


@dataclass(frozen=True)
class _StorageClass:
    dtype: str


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: str
    count: int

    @property
    def nbytes(self) -> int:
        return self.count * element_size(self.dtype)


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _storage(reference: Any) -> _Storage:
    """What a persistent id stands for: kind, class, key, device, count, in old files a view."""
    if not isinstance(reference, tuple) or len(reference) not in (5, 6):
        raise ValueError("it refers to something that is no storage")
    kind, storage_class, key, _, count = reference[:5]
    if kind != "storage" or not isinstance(storage_class, _StorageClass):
        raise ValueError("it refers to something that is no storage")
    if not isinstance(key, str) or not _are_sizes((count,)) or reference[5:] not in ((), (None,)):
        raise ValueError("it refers to a storage that makes no sense")
    return _Storage(key, storage_class.dtype, count)


def _rebuild_tensor(
    storage: Any, offset: Any, shape: Any, strides: Any, requires_grad: Any = False,
    hooks: Any = None, metadata: Any = None,
) -> _Tensor:  # fmt: skip
    if not isinstance(storage, _Storage) or metadata:
        raise ValueError("it holds a tensor of an unknown kind")
    if not (_are_sizes((offset,)) and _are_sizes(shape) and _are_sizes(strides)):
        raise ValueError("it holds a tensor whose offset, shape or strides are no sizes")
    if len(shape) != len(strides):
        raise ValueError(f"it holds a tensor of shape {shape} with strides {strides}")
    return _Tensor(storage, offset, shape, strides)


def _rebuild_parameter(tensor: Any, requires_grad: Any = False, hooks: Any = None) -> _Tensor:
    if not isinstance(tensor, _Tensor):
        raise ValueError("it holds a parameter that is no tensor")
    return tensor


def _size(sizes: Any = ()) -> tuple[Any, ...]:
    if not isinstance(sizes, tuple):
        raise ValueError("it holds a torch.Size that is no tuple")
    return sizes


def _ordered_dict(pairs: Any = None) -> dict[Any, Any]:
    """An empty dict, or in files from Python 2 one of pairs."""
    if pairs is None:
        return {}
    if not isinstance(pairs, list):
        raise ValueError("it makes a dict of something else than pairs")
    ordered = fill({}, pairs)
    pairs.clear()  # nobody needs them, and an enemy cannot have them read again and again
    return ordered


def _are_sizes(values: Any) -> bool:
    return (
        isinstance(values, tuple)
        and len(values) <= 32
        and all(type(n) is int and 0 <= n < 2**63 for n in values)
    )


_NAMES: dict[str, Any] = {
    f"{module} {name}Storage": _StorageClass(dtype)
    for name, dtype in _DTYPES.items()
    for module in ("torch", "torch.cuda")
} | {
    "collections OrderedDict": Function(_ordered_dict),
    "torch Size": Function(_size),
    "torch._utils _rebuild_tensor": Function(_rebuild_tensor),
    "torch._utils _rebuild_tensor_v2": Function(_rebuild_tensor),
    "torch._utils _rebuild_parameter": Function(_rebuild_parameter),
}


# ---- the two forms ----------------------------------------------------------------------------


class _ArchiveStorages:
    """The storages of a zip archive."""

    def __init__(self, entries: Mapping[str, zipfile.ZipInfo], folder: str, data: memoryview):
        self.entries, self.folder, self.data = entries, folder, data
        self.byteorder = "<"
        if (name := f"{folder}/byteorder") in entries:
            order = bytes(entry_bytes(entries[name], data))
            if order not in (b"little", b"big"):
                raise ValueError(f"entry {name!r}: it is neither little nor big")
            self.byteorder = "<" if order == b"little" else ">"

    def __getitem__(self, storage: _Storage) -> np.ndarray:
        name = f"{self.folder}/data/{storage.key}"
        if name not in self.entries:
            raise ValueError(f"entry {name!r} is missing")
        data = entry_bytes(self.entries[name], self.data)
        if len(data) != storage.nbytes:
            raise ValueError(f"entry {name!r} has {len(data)} bytes, not {storage.nbytes}")
        return elements(data, storage.dtype, self.byteorder)


class _LegacyStorages:
    """The storages behind the pickles of the old form."""

    def __init__(self, spans: Mapping[_Storage, memoryview]):
        self.spans = spans

    def __getitem__(self, storage: _Storage) -> np.ndarray:
        return elements(self.spans[storage], storage.dtype)


_Storages = _ArchiveStorages | _LegacyStorages


def _read_archive(file: IO[bytes], data: memoryview) -> tuple[Any, _Storages]:
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
    check_sizes(infos, len(data))
    entries = {entry.filename: entry for entry in infos}
    if len(entries) < len(infos):
        raise ValueError("it holds two entries of the same name")
    pickles = [name for name in entries if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise ValueError("it is a zip archive without PyTorch's data.pkl")
    try:
        pickle = entry_bytes(entries[pickles[0]], data)
        if len(pickle) > _LONGEST_PICKLE:
            raise ValueError(f"its {len(pickle)} bytes are more than descriptions of tensors take")
        state = Unpickler(bytes(pickle), _NAMES, _storage).load()
    except ValueError as error:
        raise ValueError(f"entry {pickles[0]!r}: {error}") from error
    return state, _ArchiveStorages(entries, pickles[0].removesuffix("/data.pkl"), data)


def _read_legacy(data: memoryview) -> tuple[Any, _Storages]:
    found: dict[str, _Storage] = {}

    def persistent(reference: Any) -> _Storage:
        storage = _storage(reference)
        if found.setdefault(storage.key, storage) != storage:
            raise ValueError(f"storage {storage.key!r} is claimed to be of two kinds")
        return storage

    unpickler = Unpickler(bytes(data[:_LONGEST_PICKLE]), _NAMES, persistent)
    try:
        magic = unpickler.load()
    except ValueError:
        magic = None
    if magic != _MAGIC:
        raise ValueError("it begins neither as PyTorch's zip archive nor as its older form")
    _version, _system, state, keys = (unpickler.load() for _ in range(4))
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError("it has no list of storages")
    if sorted(keys) != sorted(found):
        raise ValueError("its list of storages does not fit its tensors")
    spans = {}
    position = unpickler.position
    for storage in (found[key] for key in keys):
        count = int.from_bytes(data[position : position + 8], "little")
        end = position + 8 + storage.nbytes
        if count != storage.count or end > len(data):
            raise ValueError(
                f"storage {storage.key!r} should have {storage.count} elements, claims {count}, "
                f"and {len(data) - position} bytes of the file are left"
            )
        spans[storage] = data[position + 8 : end]
        position = end
    if position != len(data):
        raise ValueError(f"{len(data) - position} bytes follow its last storage")
    return state, _LegacyStorages(spans)


# ---- from descriptions to arrays --------------------------------------------------------------


def _arrays(value: Any, storages: _Storages, file_size: int) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    read: dict[_Storage, np.ndarray] = {}
    copied = 0
    for name, tensor in _state_dict(value).items():
        if not isinstance(tensor, _Tensor):
            continue
        try:
            if not isinstance(name, str):
                raise ValueError(f"its name is a {type(name).__name__}")
            _check_bounds(tensor)
            if not _is_contiguous(tensor):
                copied += math.prod(tensor.shape) * 8
                check_unpacked(copied, file_size)
            if tensor.storage not in read:
                read[tensor.storage] = storages[tensor.storage]
            arrays[name] = _view(tensor, read[tensor.storage])
        except ValueError as error:
            raise ValueError(f"entry {name!r}: {error}") from error
    return arrays


def _state_dict(value: Any) -> dict[Any, Any]:
    """The dict of tensors: the whole, or the only entry that is one."""
    if not isinstance(value, dict):
        kind = "tensor" if isinstance(value, _Tensor) else type(value).__name__
        raise ValueError(f"it holds a {kind}, not a dict of tensors")
    if not value or _holds_tensors(value):
        return value
    inner = {id(entry): (name, entry) for name, entry in value.items() if isinstance(entry, dict)}
    dicts = [(name, entry) for name, entry in inner.values() if _holds_tensors(entry)]
    if not dicts:
        raise ValueError("it holds no tensors by name")
    if len(dicts) > 1:
        names = ", ".join(repr(name) for name, _ in dicts[:20])
        raise ValueError(f"it holds several dicts of tensors ({names}): save the one you need")
    return dicts[0][1]


def _holds_tensors(value: dict[Any, Any]) -> bool:
    return any(isinstance(entry, _Tensor) for entry in value.values())


def _check_bounds(tensor: _Tensor) -> None:
    if 0 in tensor.shape:
        return
    last = tensor.offset + sum(
        (n - 1) * s for n, s in zip(tensor.shape, tensor.strides, strict=True)
    )
    if last >= tensor.storage.count:
        raise ValueError(
            f"shape {tensor.shape}, strides {tensor.strides} and offset {tensor.offset} reach "
            f"element {last} of a storage of {tensor.storage.count}"
        )


def _is_contiguous(tensor: _Tensor) -> bool:
    expected = 1
    for n, stride in zip(reversed(tensor.shape), reversed(tensor.strides), strict=True):
        if n != 1 and stride != expected:
            return 0 in tensor.shape
        expected *= n
    return True


def _view(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    if 0 in tensor.shape:
        return np.empty(tensor.shape, storage.dtype)
    part = storage[tensor.offset :]
    if _is_contiguous(tensor):
        return part[: math.prod(tensor.shape)].reshape(tensor.shape)
    strides = tuple(stride * storage.itemsize for stride in tensor.strides)
    return np.lib.stride_tricks.as_strided(part, tensor.shape, strides).copy()
