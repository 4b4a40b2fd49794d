"""The catalog of data sets: their authors, mirrors and SHA-256 hashes.

Each archive has its SHA-256, so that mirrors need not be trusted, nor use https.
"""

from dataclasses import dataclass

from data.dataset import DIGITS


@dataclass(frozen=True, slots=True)
class Archive:
    """A file to download."""

    name: str
    """Its name on each mirror."""
    sha256: str
    size: int
    """In bytes."""
    members: tuple[str, ...] = ()
    """The files to extract if it is a zip file; empty for an IDX file."""

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that it adds to the data set's folder."""
        return tuple(member.rpartition("/")[2] for member in self.members) or (self.name,)


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A data set that can be downloaded."""

    name: str
    title: str
    homepage: str
    """The web page of its authors."""
    licence: str
    archives: tuple[Archive, ...]
    mirrors: tuple[str, ...]
    """URLs to which an archive's name is appended, best first."""
    classes: tuple[str, ...] = DIGITS

    @property
    def size(self) -> int:
        """Size of the download in bytes."""
        return sum(archive.size for archive in self.archives)


def _idx_archives(*hashes_and_sizes: tuple[str, int]) -> tuple[Archive, ...]:
    names = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    return tuple(
        Archive(name, sha256, size)
        for name, (sha256, size) in zip(names, hashes_and_sizes, strict=True)
    )


_MNIST = CatalogEntry(
    name="mnist",
    title="MNIST: handwritten digits",
    homepage="http://yann.lecun.com/exdb/mnist/",
    licence="CC BY-SA 3.0; Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
    archives=_idx_archives(
        ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9912422),
        ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28881),
        ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1648877),
        ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4542),
    ),
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://azureopendatastorage.blob.core.windows.net/mnist/",
        "https://raw.githubusercontent.com/fgnt/mnist/master/",
    ),
)

_FASHION = CatalogEntry(
    name="fashion-mnist",
    title="Fashion-MNIST: articles of clothing",
    homepage="https://github.com/zalandoresearch/fashion-mnist",
    licence="MIT; Zalando SE",
    archives=_idx_archives(
        ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26421880),
        ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29515),
        ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4422102),
        ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5148),
    ),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)

_KMNIST = CatalogEntry(
    name="kmnist",
    title="Kuzushiji-MNIST: cursive Japanese characters",
    homepage="https://github.com/rois-codh/kmnist",
    licence="CC BY-SA 4.0; CODH, adapted from the Kuzushiji Dataset",
    archives=_idx_archives(
        ("51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", 18165135),
        ("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", 29497),
        ("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", 3041136),
        ("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", 5120),
    ),
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
)

_EMNIST_DIGITS = CatalogEntry(
    name="emnist-digits",
    title="EMNIST digits: 280,000 handwritten digits",
    homepage="https://www.nist.gov/itl/products-and-services/emnist-dataset",
    licence="public domain (NIST); Cohen, Afshar, Tapson and van Schaik, 2017",
    archives=(
        Archive(
            "gzip.zip",
            "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
            561753746,
            members=(
                "gzip/emnist-digits-train-images-idx3-ubyte.gz",
                "gzip/emnist-digits-train-labels-idx1-ubyte.gz",
                "gzip/emnist-digits-test-images-idx3-ubyte.gz",
                "gzip/emnist-digits-test-labels-idx1-ubyte.gz",
            ),
        ),
    ),
    mirrors=(
        "https://biometrics.nist.gov/cs_links/EMNIST/",
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
    ),
)

CATALOG = {entry.name: entry for entry in (_MNIST, _FASHION, _KMNIST, _EMNIST_DIGITS)}
"""All data sets that can be downloaded, by name."""
