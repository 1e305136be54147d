"""How a helper waits for work, and its caller for the helper: in machine code.

To wake a thread that sleeps takes 50 µs, as long as all of a small kernel, and so does it to be
woken when the thread has finished. So both look again and again instead, without Python's lock, and
give way to any other thread that wants the processor. Only a helper that has found nothing for a
while sleeps. In C, with the words of `minigrad.kernels.crew`::

    word replace(word *place, word old, word new) {  // at once, whatever other threads do
        word before = *place;
        if (before == old) *place = new;
        return before;
    }

    void help(word *mailbox, void *nowhere) {
        for (word looked = 0;; looked++) {
            word *job = *mailbox;
            if (job != EMPTY && replace(mailbox, job, EMPTY) == job) {
                job[FAILED] = job[CODE](nowhere, nowhere, 0, job[TASKS], job[SPANS], 1, job[BLOCK]);
                job[DONE] = 1;
                looked = 0;
            } else if (looked > PATIENCE && replace(mailbox, EMPTY, ASLEEP) == EMPTY)
                return;
            else
                yield();
        }
    }

    void dismiss(word *mailbox, word *job) {
        if (replace(mailbox, job, EMPTY) != job)  // else it has not begun
            while (!job[DONE]) yield();
    }
"""

from __future__ import annotations

import os
from typing import Any

from llvmlite import binding, ir

from minigrad.kernels.crew import ASLEEP, BLOCK, CODE, DONE, EMPTY, FAILED, SPANS, TASKS
from minigrad.kernels.kernel import target_machine

# About a millisecond: longer than Python takes from one kernel of a training step to the next.
PATIENCE = 3000

WORD, INT, NOTHING = ir.IntType(64), ir.IntType(32), ir.VoidType()
WORDS = WORD.as_pointer()


def compiled() -> bytes:
    """The three functions, as an object file."""
    module = binding.parse_assembly(str(_module()))
    return target_machine().emit_object(module)


def _module() -> ir.Module:
    module = ir.Module("mailbox")
    name = "SwitchToThread" if os.name == "nt" else "sched_yield"
    give_way = ir.Function(module, ir.FunctionType(INT, []), name)
    _define_replace(module)
    _define_help(module, give_way)
    _define_dismiss(module, give_way)
    return module


def _define(module: ir.Module, name: str, result: ir.Type, *kinds: ir.Type) -> ir.Function:
    return ir.Function(module, ir.FunctionType(result, kinds), name)


def _blocks(function: ir.Function, names: str) -> list[ir.IRBuilder]:
    """Builders of the function's parts, which end in jumps to each other."""
    return [ir.IRBuilder(function.append_basic_block(name)) for name in names.split()]


def _replace(code: ir.IRBuilder, place: Any, old: Any, new: Any) -> list[Any]:
    """What was there, and whether it was `old`."""
    result = code.cmpxchg(place, old, new, "acq_rel", "acquire")
    return [code.extract_value(result, part) for part in (0, 1)]


def _word(code: ir.IRBuilder, job: Any, number: int) -> Any:
    return code.gep(job, [WORD(number)])


def _define_replace(module: ir.Module) -> None:
    function = _define(module, "replace", WORD, WORDS, WORD, WORD)
    (code,) = _blocks(function, "all")
    before, _ = _replace(code, *function.args)
    code.ret(before)


def _define_help(module: ir.Module, give_way: ir.Function) -> None:
    function = _define(module, "help", NOTHING, WORDS, WORD)
    mailbox, nowhere = function.args
    begin, look, take, work, rest, sleep, wait, end = _blocks(
        function, "begin look take work rest sleep wait end"
    )
    begin.branch(look.block)

    looked = look.phi(WORD)
    looked.add_incoming(WORD(0), begin.block)
    job = look.load_atomic(mailbox, "acquire", 8)
    look.cbranch(look.icmp_unsigned("==", job, WORD(EMPTY)), rest.block, take.block)

    _, taken = _replace(take, mailbox, job, WORD(EMPTY))
    take.cbranch(taken, work.block, rest.block)

    words = work.inttoptr(job, WORDS)
    code, tasks, spans, block = (
        work.load(_word(work, words, number)) for number in (CODE, TASKS, SPANS, BLOCK)
    )
    kernel = work.inttoptr(code, ir.FunctionType(INT, [WORD] * 7).as_pointer())
    failed = work.call(kernel, [nowhere, nowhere, WORD(0), tasks, spans, WORD(1), block])
    work.store(work.zext(failed, WORD), _word(work, words, FAILED))
    work.store_atomic(WORD(1), _word(work, words, DONE), "release", 8)
    looked.add_incoming(WORD(0), work.block)
    work.branch(look.block)

    rest.cbranch(rest.icmp_unsigned(">", looked, WORD(PATIENCE)), sleep.block, wait.block)

    _, asleep = _replace(sleep, mailbox, WORD(EMPTY), WORD(ASLEEP))
    sleep.cbranch(asleep, end.block, wait.block)

    wait.call(give_way, [])
    looked.add_incoming(wait.add(looked, WORD(1)), wait.block)
    wait.branch(look.block)

    end.ret_void()


def _define_dismiss(module: ir.Module, give_way: ir.Function) -> None:
    function = _define(module, "dismiss", NOTHING, WORDS, WORDS)
    mailbox, job = function.args
    begin, look, wait, end = _blocks(function, "begin look wait end")

    _, idle = _replace(begin, mailbox, begin.ptrtoint(job, WORD), WORD(EMPTY))
    begin.cbranch(idle, end.block, look.block)

    done = look.load_atomic(_word(look, job, DONE), "acquire", 8)
    look.cbranch(look.icmp_unsigned("==", done, WORD(0)), wait.block, end.block)

    wait.call(give_way, [])
    wait.branch(look.block)

    end.ret_void()
