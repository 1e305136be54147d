"""Read what a student handed in: a file, a notebook, a folder or a zip, in whatever encoding.

Nothing is run, no link is followed, nothing is unpacked to disk, and no more is read than a
submission may have.
"""

from __future__ import annotations

import ast
import codecs
import contextlib
import io
import json
import os
import re
import stat
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

MAX_BYTES = 400_000
"""Bytes of Python that a submission may have."""
MAX_READ = 20_000_000
"""Bytes that are read of any one file: a notebook carries its pictures."""
MAX_ENTRIES = 500
KINDS = (".py", ".ipynb")


class SubmissionError(ValueError):
    """There is nothing to grade, and why."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in.

    Attributes
    ----------
    main : str
        The file with the functions that are asked for.
    files : dict of str
        Its source and those of the files beside it, by name.
    error : str
        Why nothing can be graded, or empty.
    notes : list of str
        What had to be mended.
    """

    main: str = ""
    files: dict[str, str] = field(default_factory=dict)
    error: str = ""
    notes: list[str] = field(default_factory=list)


def read(path: str | Path, functions: Sequence[str] = ()) -> Submission:
    """Read a submission.

    Parameters
    ----------
    path : path
        A ``.py``, ``.ipynb`` or ``.zip`` file, or a folder with such in it.
    functions : sequence of str
        The functions asked for: of several files the one that defines most of them is graded.

    Returns
    -------
    Submission
        With its `error` set when there is nothing to grade; this never raises.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "homework.py")
    ...     _ = file.write_text("def relu(x):\\n    return x * (x > 0)\\n")
    ...     read(file).main
    'homework.py'
    """
    notes: list[str] = []
    try:
        raw = _files(Path(path), notes)
        texts = {name: _source(name, data, notes) for name, data in raw.items()}
        main = _main(texts, functions)
        folder = str(PurePosixPath(main).parent)
        beside = {n: t for n, t in texts.items() if str(PurePosixPath(n).parent) == folder}
        files = {_file_name(name): text for name, text in beside.items()}
        if sum(len(text.encode("utf-8", "replace")) for text in files.values()) > MAX_BYTES:
            raise SubmissionError(f"more than {MAX_BYTES} bytes of Python: hand in only your own")
        return Submission(_file_name(main), files, notes=notes)
    except SubmissionError as error:
        return Submission(error=str(error), notes=notes)
    except OSError as error:
        return Submission(error=f"it cannot be read: {error.strerror}", notes=notes)


def of_text(text: str, name: str = "submission.py") -> Submission:
    """A submission of one source."""
    return Submission(name, {name: text})


def _file_name(name: str) -> str:
    return PurePosixPath(name).name.removesuffix(".ipynb").removesuffix(".py") + ".py"


# ---- from disk ----------------------------------------------------------------------------


def _files(path: Path, notes: list[str]) -> dict[str, bytes]:
    """The Python files and notebooks, by path."""
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode):
        return _folder(path, notes)
    if not stat.S_ISREG(mode):
        raise SubmissionError("it is a link or a device, not a file: hand in the file itself")
    data = _bytes(path)
    if path.suffix.lower() == ".zip":
        return _zip(data, notes)
    if path.suffix.lower() in KINDS:
        return {path.name: data}
    raise SubmissionError(f"{path.name} is no .py, .ipynb or .zip file")


def _bytes(path: Path) -> bytes:
    """The content of a regular file; links are not followed, and a pipe is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SubmissionError(f"{path.name} is no ordinary file")
        data = file.read(MAX_READ + 1)
    if len(data) > MAX_READ:
        raise SubmissionError(f"{path.name} has more than {MAX_READ} bytes")
    return data


def _is_wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(p.startswith((".", "__")) for p in parts)
    return name.lower().endswith(KINDS) and not hidden


def _folder(path: Path, notes: list[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    archives = []
    seen = 0
    for folder, folders, names in os.walk(path, followlinks=False):
        folders.sort()
        for name in sorted(names):
            seen += 1
            if seen > MAX_ENTRIES:
                raise SubmissionError(f"a folder of more than {MAX_ENTRIES} files")
            file = Path(folder, name)
            if not stat.S_ISREG(os.lstat(file).st_mode):
                notes.append(f"{name} is a link or a device and was left out")
            elif _is_wanted(relative := file.relative_to(path).as_posix()):
                found[relative] = _bytes(file)
            elif name.lower().endswith(".zip"):
                archives.append(file)
    if not found and len(archives) == 1:
        return _zip(_bytes(archives[0]), notes)
    return found


def _zip(data: bytes, notes: list[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_READ
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise SubmissionError(f"a zip of more than {MAX_ENTRIES} files")
            for entry in entries:
                name = entry.filename.replace("\\", "/")
                if entry.is_dir() or not _is_wanted(name):
                    continue
                if name.startswith("/") or ".." in PurePosixPath(name).parts:
                    notes.append("a file that would leave the zip's folder was left out")
                    continue
                if stat.S_ISLNK(entry.external_attr >> 16):
                    notes.append(f"{name} is a link and was left out")
                    continue
                with archive.open(entry) as file:  # what the entry says of its size is not trusted
                    found[name] = file.read(left + 1)
                left -= len(found[name])
                if left < 0:
                    raise SubmissionError(f"a zip of more than {MAX_READ} bytes of Python")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SubmissionError(f"the zip cannot be read: {error}") from None
    return found


# ---- from bytes to source -----------------------------------------------------------------


def _source(name: str, data: bytes, notes: list[str]) -> str:
    text = _decoded(name, data, notes)
    return _notebook(name, text, notes) if name.lower().endswith(".ipynb") else text


def _decoded(name: str, data: bytes, notes: list[str]) -> str:
    """Text from bytes: byte order marks first, then what the file says, UTF-8, and the rest."""
    marks = (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (
        codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")  # fmt: skip
    encodings = [encoding for mark, encoding in marks if data.startswith(mark)]
    if not encodings:
        with contextlib.suppress(SyntaxError, ValueError):  # it may name one that does not fit
            encodings = [tokenize.detect_encoding(io.BytesIO(data).readline)[0]]
    for encoding in [*encodings, "utf-8", "cp1252", "latin-1"]:
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if not isinstance(text, str):  # pragma: no cover - codecs that decode to bytes
            continue
        if encoding not in ("utf-8", "utf-8-sig", *encodings[:1]):
            notes.append(f"{name} is not UTF-8; it was read as {encoding}")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        # A coding line would be obeyed a second time.
        return re.sub(r"^([ \t\f]*#.*?)coding([:=])", r"\1encoded\2", text, count=2)
    raise SubmissionError(f"{name} has an encoding that is not known: save it as UTF-8")


def _notebook(name: str, text: str, notes: list[str]) -> str:
    """The code cells in order, without what only a notebook understands."""
    try:
        book = json.loads(text)
        cells = book["cells"] if "cells" in book else book["worksheets"][0]["cells"]
        sources = [
            c.get("source", c.get("input", "")) for c in cells if c.get("cell_type") == "code"
        ]
        codes = [s if isinstance(s, str) else "".join(s) for s in sources]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise SubmissionError(f"{name} is no notebook: its JSON is damaged") from None
    plain = [_without_magics(code) for code in codes]
    if plain != codes:
        notes.append(f"magics in {name} were left out")
    return "\n\n".join(plain) + "\n"


_MAGIC = re.compile(r"^(\s*)(%|!|\?|.*\?\s*$|[\w, ]+=\s*[!%])")


def _without_magics(code: str) -> str:
    """The code without lines that begin with % or !, if it is no Python as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
        return code
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    first, _, rest = code.lstrip().partition("\n")
    if first.startswith("%%"):
        python = first.split()[0] in ("%%time", "%%timeit", "%%capture", "%%prun")
        return "\n" + _without_magics(rest) if python else "\n" * code.count("\n")
    lines = [
        f"{m.group(1)}pass" if (m := _MAGIC.match(line)) else line for line in code.split("\n")
    ]
    return "\n".join(lines)


def _main(texts: dict[str, str], functions: Sequence[str]) -> str:
    """The file to grade."""
    if not texts:
        raise SubmissionError("there is no .py or .ipynb file in it")

    def defined(name: str) -> int:
        return sum(bool(re.search(rf"^def {f}\b|^{f}\s*=", texts[name], re.M)) for f in functions)

    return max(sorted(texts), key=lambda name: (defined(name), -name.count("/")))
