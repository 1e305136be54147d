"""The state of the terminal stepper, and what each key does to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from ..tensor import Tensor
from .breakpoints import parse
from .comparison import Comparison
from .cursor import Stepper
from .modules import parts_of

CONTINUE, QUIT = "continue", "quit"


class Debugger:
    """A stepper with what the terminal adds: prompts, scrolling, collapsing, comparing.

    Parameters
    ----------
    stepper : Stepper
    title : str
    in_script : bool
        Whether there may be another ``backward()`` to go on to.
    """

    def __init__(self, stepper: Stepper, title: str, in_script: bool = False):
        self.stepper = stepper
        self.title = title
        self.in_script = in_script
        self.help = False
        self.scroll = 0
        self.message = ""
        self.checks: list[Any] = []
        self.comparison: Comparison | None = None
        self.collapsed = False
        self.ended = ""
        self._asking = ""
        self._typed = ""
        self._answer: Callable[[str], None] | None = None
        self._argument = 0
        self._parts = parts_of(stepper.tape)

    # ---- the list of steps ----------------------------------------------------------------

    @property
    def stops(self) -> Sequence[int]:
        """The positions behind each row of the list."""
        total = len(self.stepper)
        if not self.collapsed:
            return range(total + 1)
        if self.stepper.direction == "forward":
            return [0, *(part.stop for part in self._parts)]
        return [0, *(total - part.start for part in reversed(self._parts))]

    @property
    def rows(self) -> _Rows:
        """The lines of the list: the start, then a step or a part of the network each."""
        return _Rows(self)

    @property
    def row(self) -> int:
        """The row under the cursor."""
        return bisect_left(self.stops, self.stepper.position)

    def row_text(self, row: int) -> str:
        """The text of a row."""
        stepper = self.stepper
        if row == 0:
            return "   0 start"
        if self.collapsed:
            forward = stepper.direction == "forward"
            part = self._parts[row - 1] if forward else self._parts[len(self._parts) - row]
            steps = part.stop - part.start
            return f"{row:4d} {part.name} ({steps} step{'s' * (steps > 1)})"
        node = stepper.node_at(row - 1)
        return f"{row:4d} {node.primitive.name:<10} {stepper.labels[node]}"

    # ---- keys -----------------------------------------------------------------------------

    def press(self, key: str) -> None:
        """React to a key."""
        if self._answer is not None:
            self._type(key)
            return
        if self.help:
            self.help = False
            return
        self.message = ""
        action = _ACTIONS.get(key)
        if action is None:
            self.message = f"{key!r} does nothing here; ? is help" if key.isprintable() else ""
            return
        try:
            action(self)
        except Exception as error:  # a rule may fail: that is what one wants to see
            self.message = _said(error)

    def prompt_text(self) -> str:
        """The line for messages: the question being answered, or what happened."""
        return f"{self._asking}{self._typed}▁" if self._answer is not None else self.message

    def _type(self, key: str) -> None:
        answer = self._answer
        if key == "enter":
            typed, self._typed, self._answer = self._typed, "", None
            if answer is not None and typed:
                try:
                    answer(typed)
                except Exception as error:
                    self.message = _said(error)
        elif key == "escape":
            self._typed, self._answer = "", None
        elif key == "backspace":
            self._typed = self._typed[:-1]
        elif len(key) == 1 and key.isprintable():
            self._typed += key

    def _ask(self, question: str, answer: Callable[[str], None]) -> None:
        self._asking, self._typed, self._answer = question, "", answer

    def _moved(self) -> None:
        self.scroll = 0
        self.checks = []
        if self.comparison is not None:
            self.comparison.move(self.stepper.position)

    # ---- what the keys do -----------------------------------------------------------------

    def next(self) -> None:
        """One step, window or part on."""
        self._step(+1)

    def back(self) -> None:
        """One step, window or part back."""
        self._step(-1)

    def _step(self, by: int) -> None:
        stepper, walk = self.stepper, self.stepper.walk
        if walk is not None:
            at = walk.position
            stepper.next() if by > 0 else stepper.back()
            if walk.position == at:
                self.message = f"this is the {'last' if by > 0 else 'first'} window; o goes out"
        else:
            row = self.row
            if self.stops[row] == stepper.position:
                row += by
            elif by < 0:  # inside a part: back to its start, or on to its end
                row -= 1
            if not 0 <= row < len(self.stops):
                self.message = "this is the last step" if by > 0 else "this is the start"
                return
            stepper.move(self.stops[row])
        self._moved()

    def first(self) -> None:
        """To the start, or the first window."""
        self._go(0)

    def last(self) -> None:
        """To the end, or the last window."""
        walk = self.stepper.walk
        self._go(len(self.stepper) if walk is None else len(walk))

    def _go(self, position: int) -> None:
        walk = self.stepper.walk
        if walk is None:
            self.stepper.move(position)
        else:
            walk.go(position)
        self._moved()

    def into(self) -> None:
        """Into the kernel of this step."""
        self._leave_comparison()
        record = self.stepper.record
        if record is not None and record.contributions:
            names = [c.argument for c in record.contributions]
            chosen = names[self._argument % len(names)] if self._argument else None
            self.stepper.into(chosen)
        else:
            self.stepper.into()
        self.next()

    def which(self) -> None:
        """Choose the contribution whose kernel is entered, the next one each time."""
        record = self.stepper.record
        if record is None or not record.contributions:
            raise ValueError("w chooses among what a backward step sends")
        self._argument = (self._argument + 1) % len(record.contributions)
        self.message = f"i goes into {record.contributions[self._argument].argument}"
        if self.stepper.walk is not None:
            self.into()

    def out(self) -> None:
        """Out of the kernel, or out of the comparison."""
        if self.stepper.walk is None:
            self._leave_comparison()
        self.stepper.out()
        self._moved()

    def turn(self) -> None:
        """From the backward walk to the forward walk, and back."""
        self._leave_comparison()
        self.stepper.turn()
        self._moved()

    def find(self) -> None:
        """Find an operation, a name or a line."""
        self._ask("find: ", self._find)

    def _find(self, text: str) -> None:
        at = self.stepper.find(text)
        if at is None:
            raise ValueError(f"nothing on this tape holds {text!r}")
        self.stepper.move(at)
        self._moved()
        self.message = f"found {text!r}; / and the same again finds the next"

    def goto(self) -> None:
        """Go to a step by its number."""
        self._ask(f"go to step (0 to {len(self.stepper)}): ", self._goto)

    def _goto(self, text: str) -> None:
        if not text.isdecimal():
            raise ValueError(f"{text!r} is no number of a step")
        self.stepper.move(int(text))
        self._moved()

    def run(self) -> None:
        """To the next breakpoint, or to the end."""
        found = self.stepper.run()
        self._moved()
        self.message = f"stopped at {found[1].name}" if found else "ran to the end"

    def breakpoint(self) -> None:
        """Set a breakpoint; clear them all with ``-``."""
        have = ", ".join(point.name for point in self.stepper.breakpoints) or "none"
        self._ask(f"break on (now {have}; - clears): ", self._set_breakpoint)

    def _set_breakpoint(self, text: str) -> None:
        if text.strip() == "-":
            self.stepper.breakpoints.clear()
            self.message = "no breakpoints"
            return
        point = parse(text)
        self.stepper.breakpoints.append(point)
        self.message = f"r stops at {point.name}"

    def check(self) -> None:
        """Check this step by finite differences."""
        record = self.stepper.record
        if record is None or record.direction == "forward":
            raise ValueError("c checks what a backward step sends: take one first")
        self._leave_comparison()
        self.stepper.out()
        self.checks = record.check()
        self.scroll = 0

    def explain(self) -> None:
        """Explain the gradient of a tensor."""
        self._ask("explain the gradient of: ", self._explain)

    def _explain(self, name: str) -> None:
        targets = [t for t, label in self.stepper.labels.items() if label == name]
        if not targets:
            known = [self.stepper.labels[leaf] for leaf in self.stepper.tape.leaves[:6]]
            raise ValueError(f"no tensor is named {name!r}; leaves are {', '.join(known)}")
        self.message = str(self.stepper.explain(targets[0]))

    def compare(self) -> None:
        """Three rules side by side, or one again."""
        if self.comparison is not None:
            self._leave_comparison()
            return
        self.stepper.turn("backward")
        tape = self.stepper.tape
        self.comparison = Comparison(*tape.outputs, gradients=self.stepper.gradients)
        self._moved()

    def _leave_comparison(self) -> None:
        self.comparison = None

    def collapse(self) -> None:
        """Collapse the list by module, or expand it."""
        self.collapsed = not self.collapsed
        self.message = f"{len(self._parts)} parts" if self.collapsed else ""

    def down(self) -> None:
        """Scroll the details down."""
        self.scroll += 4

    def up(self) -> None:
        """Scroll the details up."""
        self.scroll = max(0, self.scroll - 4)

    def show_help(self) -> None:
        """The page with all keys."""
        self.help = True

    def go_on(self) -> None:
        """Let the script run to its next ``backward()``."""
        if not self.in_script:
            raise ValueError("N goes on to the next backward() of a script; this is an example")
        self.ended = CONTINUE

    def quit(self) -> None:
        """End."""
        self.ended = QUIT


_ACTIONS: dict[str, Callable[[Debugger], None]] = {
    **dict.fromkeys(("right", "down", "n", " ", "j"), Debugger.next),
    **dict.fromkeys(("left", "up", "p", "k"), Debugger.back),
    **dict.fromkeys(("i", "enter"), Debugger.into),
    **dict.fromkeys(("o", "escape", "backspace"), Debugger.out),
    **dict.fromkeys(("home", "<"), Debugger.first),
    **dict.fromkeys(("end", ">"), Debugger.last),
    **dict.fromkeys(("J", "pagedown"), Debugger.down),
    **dict.fromkeys(("K", "pageup"), Debugger.up),
    "w": Debugger.which, "f": Debugger.turn, "/": Debugger.find, "g": Debugger.goto,
    "r": Debugger.run, "b": Debugger.breakpoint, "c": Debugger.check, "e": Debugger.explain,
    "d": Debugger.compare, "z": Debugger.collapse, "?": Debugger.show_help, "h": Debugger.show_help,
    "N": Debugger.go_on, "q": Debugger.quit,
}  # fmt: skip


def _said(error: Exception) -> str:
    """An error in a line: of a mistake in what was typed the message is enough."""
    text = " ".join(str(error).split())
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"


class _Rows:
    """The list's texts, made when they are looked at: a tape may have ten thousand."""

    def __init__(self, debugger: Debugger):
        self._page = debugger
        self._length = len(debugger.stops)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rows: slice) -> list[str]:
        return [self._page.row_text(i) for i in range(*rows.indices(self._length))]


def debugger_of(
    output: Tensor, gradient: Any = None, title: str = "", in_script: bool = False
) -> Debugger:
    """A debugger for one output and the gradient that its ``backward()`` was given."""
    gradients = None if gradient is None else (gradient,)
    return Debugger(Stepper(output, gradients=gradients), title, in_script)
