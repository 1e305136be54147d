"""PyTorch beside ours: on small work its threads spend far longer waiting for each other."""

import contextlib

with contextlib.suppress(ImportError):
    import torch

    torch.set_num_threads(1)
