"""One file from the network: resumed after a break, checked before anybody uses it."""

from __future__ import annotations

import hashlib
import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Progress = Callable[[int, int, str], None]

_ATTEMPTS = 5
_PIECE = 2**18
_TIMEOUT = 30.0


def download(
    address: str,
    path: Path,
    digest: str = "",
    limit: int | None = None,
    progress: Progress = lambda done, steps, text: None,
    pause: float = 1.0,
) -> str:
    """Bring a file from an address; it appears at `path` when it is whole and checked.

    What has arrived stands in `path` with ``.part`` behind its name. Where a digest tells whether
    the pieces fit together, a broken connection or a later call goes on from there.

    Parameters
    ----------
    address : str
        http or https.
    path : Path
        In a folder that is there.
    digest : str
        ``"sha256:..."`` or ``"md5:..."`` with hexadecimal digits, of which the first suffice;
        empty where none is published.
    limit : int, optional
        Bytes after which to give up.
    progress : callable
        Told how many bytes of how many have come (0 where that is unknown).
    pause : float
        Seconds before the second attempt, doubled with each.

    Returns
    -------
    str
        The SHA-256 of the file.

    Raises
    ------
    OSError
        When the network, the server or the disk fails; it says how to do it by hand.
    ValueError
        When the file that came is another than was published; it is deleted.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from techniques.data.download import download
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     download("http://localhost:1/file", pathlib.Path(folder, "file"), pause=0)
    Traceback (most recent call last):
    ...
    OSError: http://localhost:1/file could not be downloaded (...): check the network and run the
    command again, or download it by hand and put it at ...
    """
    part = path.with_name(path.name + ".part")
    if not digest:
        part.unlink(missing_ok=True)
    for attempt in range(_ATTEMPTS):
        try:
            _fetch(address, part, limit, progress)
            break
        except (OSError, http.client.HTTPException) as error:
            if _is_final(error) or attempt == _ATTEMPTS - 1:
                raise OSError(
                    f"{address} could not be downloaded ({_reason(error)}): check the network and "
                    f"run the command again, or download it by hand and put it at {path}"
                ) from error
            time.sleep(pause * 2**attempt)
    try:
        found = check_digest(part, digest)
    except ValueError as error:
        part.unlink()
        raise ValueError(f"{address}: {error}; it was deleted, try again") from error
    part.replace(path)
    return found


def check_digest(path: Path, digest: str) -> str:
    """Return the SHA-256 of a file, or raise a ValueError if it has another digest than that.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from techniques.data.download import check_digest
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "empty")
    ...     _ = path.write_bytes(b"")
    ...     check_digest(path, "sha256:e3b0c442")[:8]
    'e3b0c442'
    """
    kind, _, expected = digest.partition(":")
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha256")}
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            for each in hashes.values():
                each.update(piece)
    if digest and not hashes[kind].hexdigest().startswith(expected):
        raise ValueError(
            f"{path} has the {kind} {hashes[kind].hexdigest()}, and {expected} is published: it is "
            "damaged or another file"
        )
    return hashes["sha256"].hexdigest()


def _fetch(address: str, part: Path, limit: int | None, progress: Progress) -> None:
    """Append to `part` what is missing of the file."""
    done = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "minigrad"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        answer = _opener.open(urllib.request.Request(address, headers=headers), timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:  # nothing is missing, or another file stands there now
            return
        raise
    with answer:
        if answer.status != 206 or not _continues(answer, done):
            done = 0  # the server sends it from the beginning
        left = answer.length
        total = done + left if left is not None else 0
        with part.open("ab" if done else "wb") as file:
            while piece := answer.read(_PIECE):
                done += len(piece)
                if limit is not None and done > limit:
                    raise urllib.error.HTTPError(
                        address, 413, f"more than the {limit} bytes expected", answer.headers, None
                    )
                file.write(piece)
                progress(done, total, f"{part.name.removesuffix('.part')}  {done / 1e6:.1f} MB")
    if total and done < total:
        raise ConnectionError(f"the connection broke after {done} of {total} bytes")


def _continues(answer: Any, done: int) -> bool:
    """Whether a partial answer begins where our part ends."""
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {done}-")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow a few redirects, to http or https alone, and from https never to http."""

    max_redirections = 5
    max_repeats = 2

    def redirect_request(self, request: Any, *arguments: Any) -> Any:
        before, after = urlsplit(request.full_url).scheme, urlsplit(arguments[-1]).scheme
        if after not in ("http", "https") or (before, after) == ("https", "http"):
            raise urllib.error.HTTPError(
                request.full_url, 400, f"it redirects to {arguments[-1]}", arguments[-2], None
            )
        return super().redirect_request(request, *arguments)


_opener = urllib.request.build_opener(_Redirects)


def _is_final(error: Exception) -> bool:
    """Whether another attempt would end the same way: the server said no, or nobody is there."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500
    return isinstance(getattr(error, "reason", None), socket.gaierror | ConnectionRefusedError)


def _reason(error: Exception) -> str:
    """What went wrong, on one line."""
    if isinstance(error, urllib.error.HTTPError):
        return " ".join(f"{error.code} {error.reason}".split())
    return " ".join(str(getattr(error, "reason", error)).split()) or type(error).__name__
