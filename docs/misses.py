"""Why a benchmark misses its bar, by a pattern in its name: the first that is found counts.

Which ones miss it, and by how much, stands in `performance.json`. What is said of times was
measured with one thread on the machine that is named there.
"""

REASONS = {
    r"^relu": (
        "One read and one write of memory, as copying takes. Into the same array our loop takes "
        "as long as PyTorch's: the ratio tells in which cache either finds its arrays. Tried: "
        "arrays that begin with a cache line (no difference); the same half for the same thread "
        "(kept)."
    ),
    r"cross-entropy": (
        "A third is Python, 0.2 ms, and half the softmax, whose exponential is right to 2e-7; "
        "PyTorch's log-softmax takes less time than its own exponential of as many numbers. "
        "Tried, and kept: a copy of the scores in the cache; one exponential for both ways."
    ),
    r"max 3x3 stride 2: backward": (
        "One value after the other is added where its window's winner stood, in about eight "
        "cycles. Tried: adding vectors to a row in the cache; each overlaps the one written "
        "just before and waits for it, and all takes 1.4 to 2.8 times as long."
    ),
    r"max 2x2: backward": (
        "Four fifths of the machine's bandwidth: the image is written once, as by PyTorch."
    ),
    r"max-unpool": (
        "Indices of eight bytes are checked and turned into winners of one, a pass that PyTorch "
        "goes without: a fifth of both ways, and 0.4 of what it was with a table (kept). The "
        "gradient then reads its winners one by one, a third of both ways."
    ),
    r"depthwise": (
        "Bound by loads and stores in the cache: an image takes as long in a batch that fits the "
        "cache, and multiplications run at a fifth of the peak. Each plane is copied into zeros, "
        "then read once for each column of the kernel. PyTorch's forward pass comes in two speeds, "
        "so the ratio varies by a third."
    ),
    r"3x3 8x3x64².*forward|5x5.*forward": (
        "To call a convolution takes Python 0.18 ms, and 0.3 ms after work that has emptied the "
        "caches: a quarter of all. Arguments of machine code and plans are kept already."
    ),
    r"7x7.*forward|1x1": (
        "All but a twentieth is spent in the micro-kernel or the sums of products, at two thirds "
        "to four fifths of the processor's peak, and PyTorch's library, MKL or oneDNN, does the "
        "same: no algorithm saves multiplications here."
    ),
    r"512x14².*weight gradient": (
        "16 tiles are too few for Winograd's sums over tiles, so it is direct, as PyTorch's."
    ),
    r"512x14²": (
        "There are 16 tiles of 4 × 4 for 36 × 512² transformed weights: to read these 38 MB takes "
        "2 ms, the multiplications 3 ms at the peak, and two threads share the bandwidth."
    ),
    r"frozen weights|in training": (
        "One thread is at the bar or within a tenth of it, varying with the run. Two threads "
        "divide the time by 1.5 to 1.8; what keeps them from 2 was not found."
    ),
    r"weight gradient": (
        "Nine tenths are spent in the sums of products, at two thirds of the processor's peak."
    ),
    r"transposed": (
        "Results of four residues are products of their own, at two thirds of the peak, and then "
        "interleaved: the micro-kernel runs over a fourth of the positions each time."
    ),
    r"^1000": "All of it is Python's time; the ratio varies with the run about its bar.",
    r"^LeNet|^MLP": (
        "Half of a LeNet step, and nearly all of an MLP step, is spent in Python and in NumPy's "
        "BLAS on small matrices."
    ),
    r"^VGG|^style": (
        "With one thread it is within the bar. Nearly all of it is 3×3 convolutions: see those "
        "with frozen weights."
    ),
    r"^U-Net": (
        "A quarter is spent in Python and NumPy, on cold caches after each layer; convolutions of "
        "16 channels are the rest."
    ),
    r"^ResNet": (
        "A fifth is spent in Python and NumPy, two fifths in strided and 7² convolutions that are "
        "no work for Winograd's algorithm, a tenth in packing weights anew for them. Tried: "
        "packing without its last condition, 2 % of all (left)."
    ),
    r"small gradient|^import$": "Half of the time is the start of Python and NumPy.",
}
