import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.hparams import (
    SPECS,
    HyperParameters,
    as_dict,
    known_hparams,
    update_hparams,
    validate_hparams,
)
from core.run.layers import EXAMPLE
from core.run.presets import PRESETS
from trainpad.errors import UserError

MANY = "max_steps must be at least 1 and at most 1,000,000,000, not 1,000,000,001"
NO_OPTIMIZER = "optimizer must be one of sgd, momentum, nesterov, rmsprop, adam, adamw, not "
NUMBERS = [name for name, entry in SPECS.items() if entry.kind in (int, float)]


def test_the_defaults_are_those_of_the_lab() -> None:
    hparams = HyperParameters()
    assert (hparams.learning_rate, hparams.max_steps, hparams.batch_size) == (0.01, 2000, 100)
    assert (hparams.network, hparams.optimizer, hparams.eval_every) == ("128, 32", "sgd", 1000)


def test_the_defaults_and_the_presets_are_valid() -> None:
    assert validate_hparams(as_dict(HyperParameters())) == HyperParameters()
    for values in PRESETS.values():
        hparams = validate_hparams(values)
        assert all(getattr(hparams, name) == value for name, value in values.items())


def test_the_presets_equal_the_scripts_they_are_named_after() -> None:
    softmax, summaries = PRESETS["mnist_softmax_xla"], PRESETS["mnist_with_summaries"]
    assert PRESETS["fully_connected_feed"] == {}
    assert (softmax["network"], softmax["learning_rate"], softmax["max_steps"]) == (
        "none",
        0.5,
        1000,
    )
    assert (summaries["network"], summaries["dropout"], summaries["eval_every"]) == ("500", 0.1, 10)


def test_each_hyperparameter_has_help() -> None:
    for declared in SPECS.values():
        assert declared.label
        assert declared.help.endswith(".")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("learning_rate", -1, "learning_rate must be above 0 and at most 1,000, not -1"),
        ("learning_rate", "0", "learning_rate must be above 0 and at most 1,000, not 0"),
        ("learning_rate", math.nan, "learning_rate must be above 0 and at most 1,000, not nan"),
        ("learning_rate", "1e999", "learning_rate must be above 0 and at most 1,000, not inf"),
        ("learning_rate", "fast", "learning_rate must be a number, not 'fast'"),
        ("learning_rate", None, "learning_rate must be a number, not None"),
        ("learning_rate", True, "learning_rate must be a number, not True"),
        ("learning_rate", [0.1], "learning_rate must be a number, not [0.1]"),
        ("batch_size", 0, "batch_size must be at least 1 and at most 65,536, not 0"),
        ("batch_size", 1.5, "batch_size must be a whole number, not 1.5"),
        ("batch_size", "1e2", "batch_size must be a whole number, not '1e2'"),
        ("batch_size", math.nan, "batch_size must be a whole number, not nan"),
        ("batch_size", math.inf, "batch_size must be a whole number, not inf"),
        ("max_steps", 10**9 + 1, MANY),
        ("optimizer", "lion", NO_OPTIMIZER + "'lion'"),
        ("optimizer", ["sgd"], NO_OPTIMIZER + "['sgd']"),
        ("network", "0", "network: layer 1, '0': units are a whole number from 1 to 8,192"),
        ("network", [1.0], f"network: must be layers, such as {EXAMPLE}"),
        ("network", [True], f"network: must be layers, such as {EXAMPLE}"),
        ("network", 128, f"network: must be layers, such as {EXAMPLE}"),
        ("network", [1] * 65, "network: a network has at most 64 layers, not 65"),
    ],
)  # fmt: skip
def test_an_invalid_value_is_explained(name: str, value: object, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        validate_hparams({name: value})
    assert str(error.value) == sentence


@pytest.mark.parametrize("name", ["learning_rate", "batch_size", "optimizer", "network", "no_such"])
@pytest.mark.parametrize(
    "value", ["x" * 60_000, 10**4000, [[1] * 1000] * 1000], ids=["text", "number", "list"]
)
def test_an_error_about_a_huge_value_is_short(name: str, value: object) -> None:
    with pytest.raises(UserError) as error:
        validate_hparams({name: value})
    assert len(str(error.value)) < 300


def test_an_unknown_name_is_rejected() -> None:
    with pytest.raises(UserError, match="there is no hyperparameter called 'rate'"):
        validate_hparams({"rate": 1})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "0.5", 0.5),
        ("learning_rate", 1, 1.0),
        ("batch_size", "64", 64),
        ("batch_size", 64.0, 64),
        ("network", "500,300", "500, 300"),
        ("network", "", "none"),
        ("network", " Conv 8  3x3,POOL , dropout .50", "conv 8 3x3, pool, dropout 0.5"),
        ("optimizer", "adam", "adam"),
    ],
)
def test_text_json_and_values_are_parsed_equally(name: str, text: object, value: object) -> None:
    found = getattr(validate_hparams({name: text}), name)
    assert found == value
    assert type(found) is type(value)


@given(st.sampled_from(NUMBERS), st.lists(st.integers(-3, 3), max_size=30))
def test_key_presses_stay_in_range(name: str, presses: list[int]) -> None:
    declared = SPECS[name]
    value = declared.default
    for count in presses:
        value = declared.stepped(value, count)
        assert declared.check(value) == value
        assert type(value) is declared.kind


def test_one_press_up_and_one_down_cancel() -> None:
    rate = SPECS["learning_rate"]
    assert rate.stepped(0.01, 1) == 0.0125
    assert rate.stepped(rate.stepped(0.01, 1), -1) == 0.01
    assert SPECS["dropout"].stepped(0.1, 1) == 0.15
    assert SPECS["max_steps"].stepped(1_234_567, 1) == 2_469_134


@pytest.mark.parametrize(
    ("value", "presses", "expected"),
    [
        (0.01, 4, 0.025), (0.01, 5, 0.03), (0.1, -1, 0.08), (0.1, -10, 0.01), (0.1, -23, 0.0005),
        (0.0244140625, 1, 0.025), (0.0244140625, -1, 0.02), (0.999, 1, 1.0), (1.0, 1, 1.25),
        (1000, 1, 1000), (5e-324, -1, 5e-324),
    ],
)  # fmt: skip
def test_a_key_takes_a_learning_rate_to_a_round_number(
    value: float, presses: int, expected: float
) -> None:
    assert SPECS["learning_rate"].stepped(value, presses) == expected


def test_choices_wrap_around() -> None:
    assert SPECS["optimizer"].stepped("adamw", 1) == "sgd"


def test_values_are_formatted_for_people() -> None:
    shown = {name: entry.format(entry.default) for name, entry in SPECS.items()}
    assert shown["max_steps"] == "2,000"
    assert shown["learning_rate"] == "0.01"
    assert shown["network"] == "128, 32"
    assert SPECS["seed"].format(12345) == "12345"


def test_update_hparams_returns_a_new_object() -> None:
    before = HyperParameters()
    after = update_hparams(before, {"learning_rate": 0.5})
    assert before.learning_rate == 0.01
    assert dataclasses.replace(before, learning_rate=0.5) == after


def test_hidden_layers_of_runs_of_earlier_versions_are_a_network() -> None:
    assert validate_hparams({"hidden": [64, 8]}).network == "64, 8"
    assert validate_hparams({"hidden": []}).network == "none"
    recorded = {"hidden": [64], "learning_rate": 0.5, "of a later version": 1}
    assert known_hparams(recorded) == {"network": [64], "learning_rate": 0.5}
