"""What nodes and leaves are called where a tape is shown."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..tape import Node, Tape


def labels_of(tape: Tape) -> dict[Any, str]:
    """The labels of a tape's leaves and nodes, as it prints them."""
    labels: dict[Any, str] = {}
    for i, leaf in enumerate(tape.leaves):
        labels[leaf] = printable(leaf.name) if leaf.name else f"leaf{i}"
    for i, node in enumerate(tape.nodes):
        labels[node] = printable(node.name) if node.name else f"%{i}"
    return labels


def printable(text: str) -> str:
    """A text without control characters, which would upset a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def numbers_of(tape: Tape) -> dict[Node, int]:
    """Which one of its kind each node is, from 1: the third relu of the tape has 3."""
    seen: Counter[str] = Counter()
    numbers = {}
    for node in tape.nodes:
        seen[node.primitive.name] += 1
        numbers[node] = seen[node.primitive.name]
    return numbers
