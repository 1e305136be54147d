"""What pytest need not import to look for examples: a program for Linux alone."""

collect_ignore = ["guarded.py"]
