"""minigrad beside other libraries: ``python -m benchmarks`` or ``minigrad bench``.

A *case* (`case.py`) is data: a name, a task, its arguments, and the bar it is held to. The groups
of cases stand in `groups/`. A *peer* (`peers/`) says for one library how each task is done. Before
a case is timed, all libraries have to compute the same numbers; then they are timed in turns in one
process, because times drift and only ratios taken side by side tell anything.
"""
