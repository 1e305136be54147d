"""Where public data sets and weights are: addresses, digests, terms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One data set or weight file.

    Attributes
    ----------
    description : str
    licence : str
        What its page says about using it; read it there.
    page : str
        Where it is described.
    files : tuple of (address, digest)
        The digest is the one that its authors or torchvision publish, as ``"md5:..."`` or
        ``"sha256:..."``, sometimes the first digits alone; empty where none is published.
    megabytes : float
        Of all files, about.
    """

    description: str
    licence: str
    page: str
    files: tuple[tuple[str, str], ...]
    megabytes: float


def _idx(address: str, *digests: str) -> tuple[tuple[str, str], ...]:
    names = "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"
    return tuple(
        (f"{address}{name}-ubyte.gz", f"md5:{digest}")
        for name, digest in zip(names, digests, strict=True)
    )


def _weights(file: str, megabytes: float) -> Source:
    """A weight file of torchvision, whose name has the first digits of its SHA-256."""
    name, _, digest = file.removesuffix(".pth").rpartition("-")
    return Source(
        f"torchvision's {name}, trained on ImageNet",
        "those of ImageNet may apply, which is for research",
        "https://pytorch.org/vision/stable/models.html",
        ((f"https://download.pytorch.org/models/{file}", f"sha256:{digest}"),),
        megabytes,
    )


_CAMVID = "http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/"
_PETS = "https://www.robots.ox.ac.uk/~vgg/data/pets/"

CATALOGUE = {
    "mnist": Source(
        "70 000 handwritten digits of 28 × 28",
        "CC BY-SA 3.0",
        "http://yann.lecun.com/exdb/mnist/",
        _idx(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        11.6,
    ),
    "fashion-mnist": Source(
        "70 000 pieces of clothing of 28 × 28",
        "MIT",
        "https://github.com/zalandoresearch/fashion-mnist",
        _idx(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        30.9,
    ),
    "cifar10": Source(
        "60 000 photographs of 32 × 32 in 10 classes",
        "none stated; cite Krizhevsky 2009",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        (
            ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
             "md5:c58f30108f718f92721af3b95e74349a"),
        ),
        170.5,
    ),
    "voc2012": Source(
        "Pascal VOC 2012: 11 530 photographs, 2 913 of them segmented into 20 classes",
        "photographs by flickr's terms of use",
        "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
        (
            ("https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
             "md5:6cd6e144f989b92b3379bac3b3de84fd"),
        ),
        2000,
    ),
    "pets": Source(
        "Oxford-IIIT pets: 7 349 cats and dogs of 37 breeds, segmented",
        "CC BY-SA 4.0",
        _PETS,
        (
            (f"{_PETS}data/images.tar.gz", "md5:5c4f3ee8e5d25df40f4fd59a7f44e54c"),
            (f"{_PETS}data/annotations.tar.gz", "md5:95a8c909bbe2e81eed6a22bccdf3f68f"),
        ),
        811,
    ),
    "camvid": Source(
        "CamVid: 701 frames of drives through Cambridge, segmented",
        "for research; cite Brostow et al. 2008",
        _CAMVID,
        (
            ("http://web4.cs.ucl.ac.uk/staff/g.brostow/MotionSegRecData/files/"
             "701_StillsRaw_full.zip", ""),
            (f"{_CAMVID}data/LabeledApproved_full.zip", ""),
        ),
        580,
    ),
    "alexnet": _weights("alexnet-owt-7be5be79.pth", 244),
    "vgg11": _weights("vgg11-8a719046.pth", 531),
    "vgg11_bn": _weights("vgg11_bn-6002323d.pth", 532),
    "vgg13": _weights("vgg13-19584684.pth", 532),
    "vgg13_bn": _weights("vgg13_bn-abd245e5.pth", 532),
    "vgg16": _weights("vgg16-397923af.pth", 553),
    "vgg16_bn": _weights("vgg16_bn-6c64b313.pth", 554),
    "vgg19": _weights("vgg19-dcbb9e9d.pth", 575),
    "vgg19_bn": _weights("vgg19_bn-c79401a0.pth", 575),
    "squeezenet1_0": _weights("squeezenet1_0-b66bff10.pth", 5.0),
    "squeezenet1_1": _weights("squeezenet1_1-b8a52dc0.pth", 5.0),
    "resnet18": _weights("resnet18-f37072fd.pth", 46.8),
    "resnet34": _weights("resnet34-b627a593.pth", 87.3),
    "resnet50": _weights("resnet50-0676ba61.pth", 103),
    "mobilenet_v2": _weights("mobilenet_v2-b0353104.pth", 14.2),
}  # fmt: skip
"""Every source by name; the networks are called as in `layers.models.NETWORKS`."""
