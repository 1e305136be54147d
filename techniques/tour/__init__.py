"""The tour: one page that shows what a trained network has learned.

A section is a function from a `Visit` to a `Section`, in one file of `sections/`; `route.py` lists
them in the order of the lecture and `guide.py` walks through them. Each runs on its own: one that
fails costs the page nothing else.
"""
