"""The forms of weight files: each has ``read(file)``, and those we write ``write(arrays, file)``.

`layers.load` and `layers.save` choose by suffix, name the file in errors, and write safely.
"""
