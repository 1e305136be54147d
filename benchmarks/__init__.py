"""minigrad beside PyTorch: ``python -m benchmarks [GROUP ...] [--threads 1,2] [--json FILE]``.

A file is a group of cases. A case is a name and two functions, each of which prepares its inputs
and returns the function to be timed. `measure` times both in turns in one process, because times
drift and only ratios taken side by side tell anything.
"""
