"""A network as text: what is read, how it is written again, and what is said about a wrong one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Pool,
    canonical_layers,
    format_layers,
    parse_layers,
    short_name,
)
from trainpad.errors import UserError

SIDES = st.integers(1, 64)
CONVOLUTIONS = st.builds(Conv, st.integers(1, 2048), SIDES, SIDES, SIDES, st.booleans())
POOLS = st.builds(Pool, SIDES, SIDES)
UNITS = st.builds(Dense, st.integers(1, 8192))
RATES = st.none() | st.integers(0, 95).map(lambda percent: percent / 100)


def with_norms(layers: list[Layer], normalized: list[bool]) -> tuple[Layer, ...]:
    pairs = zip(layers, normalized, strict=False)
    return tuple(one for layer, norm in pairs for one in (layer, *[BatchNorm()] * norm))


@st.composite
def networks(draw: st.DrawFn) -> tuple[Layer, ...]:
    """Any network that may be written."""
    norms = st.lists(st.booleans(), min_size=6, max_size=6)
    images = with_norms(draw(st.lists(CONVOLUTIONS, max_size=3)), draw(norms))
    pools = draw(st.lists(POOLS, max_size=2))
    flat = draw(st.sampled_from([(), (Flatten(),), (GlobalPool(),)]))
    units = with_norms(draw(st.lists(UNITS, max_size=3)), draw(norms))
    dropout = draw(st.lists(st.builds(Dropout, RATES), max_size=1))
    return (*images, *pools, *flat, *units, *dropout)


@given(networks())
def test_what_is_written_is_read_again(layers: tuple[Layer, ...]) -> None:
    text = format_layers(layers)
    assert parse_layers(text) == layers
    assert parse_layers(text.upper().replace(", ", " ,  ")) == layers
    assert canonical_layers(text) == text


@given(st.text(max_size=60) | st.text(alphabet="convpoldut 0159x,.-", max_size=60))
def test_any_text_is_a_network_or_has_an_explanation(text: str) -> None:
    try:
        layers = parse_layers(text)
    except UserError as error:
        assert str(error).startswith(("layer ", "a network has"))
        assert len(str(error)) < 500
    else:
        assert parse_layers(format_layers(layers)) == layers


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("128,,32", "layer 2: nothing between two commas; give 128 (units), conv 32 5x5, pool, "),
        ("convv 32 5x5", "layer 1, 'convv 32 5x5': there is no such layer; give 128 (units), "),
        ("conv 32", "layer 1, 'conv 32': give filters and the size of the kernel, as in conv 32"),
        ("conv 32 5", "layer 1, 'conv 32 5': a size is height x width, from 1 to 64 each, as in"),
        ("conv 0 5x5", "layer 1, 'conv 0 5x5': filters are a whole number from 1 to 2,048"),
        ("conv 8 3x3 sam", "layer 1, 'conv 8 3x3 sam': after the kernel may be `stride 2` and"),
        ("8, pool", "layer 2, 'pool': it takes images, and layer 1, '8', gives none"),
        ("flatten, conv 8 3x3", "layer 2, 'conv 8 3x3': it takes images, and layer 1, 'flatten',"),
        ("global pool, flatten", "layer 2, 'flatten': layer 1, 'global pool', is flat already"),
        ("pool, batchnorm", "layer 2, 'batchnorm': it must directly follow a conv or a number of"),
        ("8, dropout 1", "layer 2, 'dropout 1': give the fraction to drop, from 0 to 0.95, as in"),
        ("8, dropout, dropout", "layer 3, 'dropout': the layer before it is a dropout already"),
        ("-3", "layer 1, '-3': units are a whole number from 1 to 8,192"),
        ("99999", "layer 1, '99999': units are a whole number from 1 to 8,192"),
        ("flatten 3", "layer 1, 'flatten 3': nothing may follow flatten"),
        ("x" * 900, "layer 1, '" + "x" * 39 + "…': there is no such layer"),
    ],
)  # fmt: skip
def test_a_wrong_layer_is_named_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        parse_layers(text)
    assert str(error.value).startswith(sentence)


def test_names_are_short() -> None:
    names = {
        "128, 32": "128-32",
        "": "softmax",
        "conv 32 5x5, pool, conv 64 5x5, pool, 1024, dropout": "conv32-conv64-1024",
    }
    assert {text: short_name(parse_layers(text)) for text in names} == names
