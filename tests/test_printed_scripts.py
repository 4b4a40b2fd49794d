"""Numbers with names that are not English: in any script, with its own signs around them."""

import pytest

from core.output.found import Numbers
from core.output.numbers import NumberParser


def values_in(line: str) -> dict[str, float]:
    found = [entry for entry in NumberParser().parse(line) if isinstance(entry, Numbers)]
    return {name: value for entry in found for name, value in entry.values.items()}


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("損失: 0.1 ошибка: 1.1 perte: 2.1", {"損失": 0.1, "ошибка": 1.1, "perte": 2.1}),
        ("训练损失：0.5，准确率：91%，耗时：3.2 秒", {"训练损失": 0.5, "准确率": 91}),
        ("损失:0.25 精度=0.5", {"损失": 0.25, "精度": 0.5}),
        ("الخسارة: 1.5، الدقة: 0.7", {"الخسارة": 1.5, "الدقة": 0.7}),
        ("हानि: 3.1 größe: 4 σφάλμα=2", {"हानि": 3.1, "größe": 4, "σφάλμα": 2}),
        ("средняя ошибка: 1.1 | Потеря: 2", {"средняя_ошибка": 1.1, "потеря": 2}),
        ("（損失：0.5）【精度：0.9】", {"損失": 0.5, "精度": 0.9}),
    ],
)
def test_names_of_any_script(line: str, values: dict[str, float]) -> None:
    assert values_in("step 1: " + line) == values


@pytest.mark.parametrize("line", ["用时：3.2 秒", "时间: 12", "размер: 3 сек", "损失：2024-01-02"])
def test_times_and_dates_are_no_metrics(line: str) -> None:
    assert not values_in("step 1 " + line)


def test_a_bar_of_keras_with_such_names() -> None:
    parser = NumberParser()
    found = list(parser.parse("10/10 - 1s - 98ms/step - loss: 1.9 - 精度: 0.4"))
    assert [dict(entry.values) for entry in found if isinstance(entry, Numbers)] == [
        {"loss": 1.9, "精度": 0.4}
    ]
