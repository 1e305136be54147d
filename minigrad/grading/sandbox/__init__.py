"""What runs a student's code, and what holds it in.

The files here run in processes that hold no secret: they import the standard library, NumPy and
one another, nothing else of minigrad.
"""
