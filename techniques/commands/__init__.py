"""The commands of the command line, one a file: `add` declares its options, and what runs it."""

COMMANDS = (
    "tour", "explain", "step", "check", "grade", "train", "robustness", "style", "segment", "data",
    "weights", "warmup", "bench",
)  # fmt: skip
"""In the order of the help."""
