"""Damage weight files at random, and see that the readers answer with arrays or a clear error.

``python -m tests.layers.fuzzing 100000`` reads so many files, and prints what came of them.
"""

from __future__ import annotations

import io
import pickle
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np

import layers

# Numbers at which sizes, offsets and counts go wrong.
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)


def seeds(folder: Path) -> dict[str, list[bytes]]:
    """Some sound files of each form, by suffix."""
    rng = np.random.default_rng(0)
    arrays = {
        "conv.weight": rng.normal(size=(4, 3, 3, 3)).astype(np.float32),
        "conv.bias": np.ones(4),
        "count": np.array(3),
        "mask": np.array([True, False]),
        "none": np.ones((0, 2), np.float16),
    }
    found: dict[str, list[bytes]] = {".npz": [], ".safetensors": [], ".pth": []}
    for suffix in (".npz", ".safetensors"):
        layers.save(arrays, folder / f"seed{suffix}")
        found[suffix].append((folder / f"seed{suffix}").read_bytes())
    compressed = io.BytesIO()
    np.savez_compressed(compressed, **arrays)
    found[".npz"].append(compressed.getvalue())
    found[".pth"] = [_pth_archive(arrays["conv.weight"]), _pth_legacy(arrays["conv.weight"])]
    return found


def _description(key: str, count: int) -> bytes:
    """The pickle of ``{"w": tensor}`` as PyTorch writes it, in protocol 2."""
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00" + key.encode()
    storage += b"X\x03\x00\x00\x00cpuK" + bytes([count])
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"tQK\x00"
    tensor += b"K\x04K\x1b\x86K\x1bK\x01\x86\x89ccollections\nOrderedDict\n)Rt"
    return b"\x80\x02}q\x00X\x01\x00\x00\x00w" + tensor + b"Rs."


def _pth_archive(weight: np.ndarray) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net/data.pkl", _description("0", weight.size))
        archive.writestr("net/byteorder", b"little")
        archive.writestr("net/data/0", weight.tobytes())
        archive.writestr("net/version", b"3\n")
    return file.getvalue()


def _pth_legacy(weight: np.ndarray) -> bytes:
    system = {"little_endian": True, "protocol_version": 1001}
    head = b"".join(pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, system))
    count = b"K" + bytes([weight.size])
    description = _description("0", weight.size).replace(count + b"tQ", count + b"NtQ")
    keys, elements = pickle.dumps(["0"], 2), weight.size.to_bytes(8, "little")
    return head + description + keys + elements + weight.tobytes()


def mutate(content: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:
    """Change a file in one to five ways."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at = int(rng.integers(len(data) + 1))
        kind = rng.integers(7)
        if kind == 0 and data:  # flip some bits of a byte
            data[at % len(data)] ^= int(rng.integers(1, 256))
        elif kind == 1:  # cut
            del data[at:]
        elif kind == 2:  # a number that is too large, or nearly
            width = int(rng.choice([1, 2, 4, 8]))
            edge = int(EDGES[rng.integers(len(EDGES))]) % 256**width
            data[at : at + width] = edge.to_bytes(width, "little")
        elif kind == 3:  # insert noise
            data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        elif kind == 4:  # leave some bytes out
            del data[at : at + int(rng.integers(1, 17))]
        elif kind == 5:  # say a part again somewhere else
            begin = int(rng.integers(len(data) + 1))
            data[at:at] = data[begin : begin + int(rng.integers(1, 65))]
        else:  # a part of another file
            other = others[rng.integers(len(others))]
            begin = int(rng.integers(len(other)))
            data[at:at] = other[begin : begin + int(rng.integers(1, 257))]
    return bytes(data)


def fuzz(count: int, seed: int = 0) -> Counter[tuple[str, str]]:
    """Read `count` damaged files; return how many of each form were refused and read.

    Raises
    ------
    AssertionError
        For another exception than a ValueError that names the file, or arrays much larger than
        the file; the file is kept, and named.
    """
    rng = np.random.default_rng(seed)
    outcomes: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = seeds(folder)
        everything = [content for contents in sound.values() for content in contents]
        for suffix, contents in sound.items():
            for content in contents:  # undamaged, they are read
                (folder / f"sound{suffix}").write_bytes(content)
                assert layers.load(folder / f"sound{suffix}")
        for index in range(count):
            suffix = list(sound)[index % len(sound)]
            content = sound[suffix][rng.integers(len(sound[suffix]))]
            damaged = mutate(content, everything, rng)
            path = folder / f"damaged{suffix}"
            path.write_bytes(damaged)
            try:
                arrays = layers.load(path)
            except ValueError as error:
                assert str(path) in str(error), _kept(damaged, suffix)
                outcomes[suffix, "refused"] += 1
            except BaseException as error:
                raise AssertionError(f"{error!r} from {_kept(damaged, suffix)}") from error
            else:
                size = sum(array.nbytes for array in arrays.values())
                assert size <= 1000 * len(damaged) + 1000, _kept(damaged, suffix)
                outcomes[suffix, "read"] += 1
    return outcomes


def _kept(content: bytes, suffix: str) -> str:
    with tempfile.NamedTemporaryFile(suffix=suffix, delete=False) as file:
        file.write(content)
    return file.name


if __name__ == "__main__":
    for (suffix, outcome), number in sorted(fuzz(int(sys.argv[1])).items()):
        print(f"{suffix:14} {outcome:8} {number}")
