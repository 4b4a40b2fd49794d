"""The layers of a network with their shapes, and the table of them."""

import numpy as np
import pytest

from core.cli.network_command import network_table
from core.network.architecture import build_architecture
from core.network.network import Network
from core.run.layers import parse_layers
from main import main
from trainpad.errors import UserError
from tui.weights.units import SortedUnits, UnitOrder

MNIST_DEEP = "conv 32 5x5, pool, conv 64 5x5, pool, 1024, dropout"


def test_the_table_of_the_labs_convolutional_network() -> None:
    assert [*network_table("mnist_deep", "28x28", 10)] == [
        "layer        shape                parameters  multiply-adds",
        "images       28x28",
        "conv 32 5x5  28x28 → 28x28x32            832        627,200",
        "pool         28x28x32 → 14x14x32",
        "conv 64 5x5  14x14x32 → 14x14x64      51,264     10,035,200",
        "pool         14x14x64 → 7x7x64",
        "1024         7x7x64 → 1,024        3,212,288      3,211,264",
        "dropout      1,024 → 1,024",
        "output       1,024 → 10               10,250         10,240",
        "total                              3,274,634     13,883,904",
    ]


def test_arrays_are_numbered_by_layers_with_weights() -> None:
    layers = parse_layers("conv 4 3x3 stride 2 valid, batchnorm, pool, 8, dropout 0.5")
    architecture = build_architecture(layers, (9, 8, 3), 2)
    assert architecture.arrays(trained=True) == {
        "layer0/weights": (3, 3, 3, 4), "layer0/biases": (4,), "layer0/gamma": (4,),
        "layer1/weights": (8, 8), "layer1/biases": (8,),
        "layer2/weights": (8, 2), "layer2/biases": (2,),
    }  # fmt: skip
    assert architecture.arrays(trained=False) == {"layer0/mean": (4,), "layer0/variance": (4,)}
    assert architecture.sizes == (216, 4, 8, 2)
    assert [stage.relu for stage in architecture.stages] == [
        False, True, False, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "drops"),
    [
        ("16", True),
        ("16, dropout 0.4", False),
        ("16, dropout 0.4, 8", True),
        ("16, batchnorm", True),
        ("conv 4 3x3", False),
        ("conv 4 3x3, dropout", True),
        ("", False),
    ],
)
def test_where_the_hyperparameter_drops(text: str, drops: bool) -> None:
    architecture = build_architecture(parse_layers(text), (8, 8), 10)
    assert architecture.drops == drops


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pool, pool, pool", "layer 3, 'pool': the image is 1x1 here; leave out this pool"),
        ("pool, conv 4 5x5 valid", "layer 2, 'conv 4 5x5 valid': the image is 2x2 here, smaller "),
        ("conv 2048 1x1, 8192, 8192", "the network conv 2048 1x1, 8192, 8192 has 335,"),
    ],
)
def test_what_does_not_fit_the_images_is_named(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        build_architecture(parse_layers(text), (4, 4), 10)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("image", ["28", "0x28", "28x28x9", "axb", "1x2x3x4", "999999x2"])
def test_a_wrong_size_of_images_is_explained(image: str) -> None:
    with pytest.raises(UserError, match="image must be height x width, as 28x28 or 32x32x3"):
        [*network_table("8", image, 10)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["conv", "8", "3x3,", "pool"], "put the layers in quotes: trainpad network 'conv 8 3x3, "),
        (["mnist_deeep"], "dropout or dropout 0.4; or the preset mnist_deep\n"),
        ([""], "an argument is empty"),
    ],
)
def test_a_command_that_was_typed_wrong_is_explained(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["network", *words])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_command_shows_the_labs_network_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["network"])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [*network_table("128,32", "28x28", 10)]
    assert lines[-1].split() == ["total", "104,938", "104,768"]


def test_units_are_filters_of_a_convolution() -> None:
    rng = np.random.default_rng(0)
    for text, caption in (("conv 3 3x3, 4", "filter 2"), ("8, 4", "unit 2")):
        architecture = build_architecture(parse_layers(text), (6, 6, 3), 2)
        arrays = {
            name: rng.random(shape) for name, shape in architecture.arrays(trained=True).items()
        }
        network = Network.from_arrays(arrays, architecture)
        units = SortedUnits.sorted_by(UnitOrder.NUMBER, network, (6, 6, 3), 0, None)
        assert units.captioned(2).captions[-2:] == (caption, "2")
