"""How much time minigrad may take, PyTorch's eager time being 1, by kind of work."""

BARS = {
    "2x2 pool": 0.15,
    "max-pool backward, unpool": 0.45,
    "3x3, 64 channels or more, frozen weights": 0.50,
    "3x3, 64 channels or more, in training": 0.80,
    "weight gradient": 0.70,
    "few channels, 5x5, 7x7 stride 2": 1.00,
    "transposed convolution": 0.80,
    "depthwise": 0.60,
    "1x1": 0.85,
    "1000 small operations": 0.60,
    "VGG-16 Grad-CAM and input gradient": 0.65,
    "style step": 0.65,
    "LeNet, U-Net and ResNet-18 training": 0.80,
    "start with one small gradient": 1 / 10,
    "start with a compiled kernel": 1 / 3,
    # Everything else; in memory too.
    "anything": 1.00,
}

# The bar of `import minigrad` is no ratio.
IMPORT_MILLISECONDS = 250

# The geometric mean of everything that is timed.
GEOMETRIC_MEAN = 0.60
