"""PyTorch's optimizers and schedulers are steered by what rates are computed from."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

import trainpad
from tests.helpers.attached import directory, events, numbers, steer
from trainpad.attached import Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr("trainpad.attached.POLL_INTERVAL", 0.0)
    yield trainpad.init("p")
    trainpad.finish()


class Tensor(float):
    """A rate that is changed in place, as a compiled optimizer needs it."""

    def __new__(cls, value: float) -> Self:
        made = super().__new__(cls, value)
        made.factors = []
        return made

    factors: list[float]

    def mul_(self, factor: float) -> None:
        self.factors.append(factor)

    def fill_(self, value: float) -> None:
        self.factors.append(value / self)


def change(run: Run, **values: Any) -> None:
    steer(directory(run), hyperparameters=values)
    assert run.tick()


def test_one_group_without_a_scheduler_has_its_rate_as_a_knob(run: Run) -> None:
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
    run.attach(optimizer)
    change(run, lr=0.02)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.02)
    change(run, lr=0.1)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)


def test_all_groups_keep_their_ratios_and_the_scheduler_goes_on(run: Run) -> None:
    groups = [{"lr": 0.1, "initial_lr": 0.2, "max_lr": 1.0}, {"lr": 0.01, "initial_lr": 0.02}]
    inner = SimpleNamespace(base_lrs=[0.2, 0.02])
    scheduler = SimpleNamespace(_schedulers=[inner], min_lrs=[0.001])
    optimizer = SimpleNamespace(param_groups=groups)
    run.attach(optimizer, [scheduler, None])
    change(run, lr_scale=0.5)
    assert groups == [
        {"lr": 0.05, "initial_lr": 0.1, "max_lr": 0.5},
        {"lr": 0.005, "initial_lr": 0.01},
    ]
    assert inner.base_lrs == [0.1, 0.01]
    assert scheduler.min_lrs == [0.0005]
    change(run, lr_scale=1.0)
    assert groups[0]["lr"] == pytest.approx(0.1)


def test_a_tensor_stays_the_same_tensor(run: Run) -> None:
    rate = Tensor(0.1)
    optimizer = SimpleNamespace(param_groups=[{"lr": rate}])
    run.attach(optimizer)
    change(run, lr=0.05)
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.factors == [0.5]


def test_a_rate_that_the_program_changed_is_assigned(run: Run) -> None:
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
    run.attach(optimizer)
    optimizer.param_groups[0]["lr"] = 0.5
    change(run, lr=0.02)
    assert optimizer.param_groups[0]["lr"] == 0.02


def test_a_tensor_under_two_names_is_multiplied_once(run: Run) -> None:
    rate = Tensor(0.1)
    optimizer = SimpleNamespace(param_groups=[{"lr": rate, "initial_lr": rate}, {"lr": rate}])
    run.attach(optimizer, SimpleNamespace(base_lrs=[rate]))
    change(run, lr_scale=0.5)
    assert rate.factors == [0.5]


def test_a_second_optimizer_has_a_knob_of_its_own(run: Run) -> None:
    first, second = (SimpleNamespace(param_groups=[{"lr": 0.1}]) for _ in range(2))
    run.attach(first)
    run.attach(second)
    change(run, lr_2=0.02)
    assert first.param_groups[0]["lr"] == 0.1
    assert second.param_groups[0]["lr"] == 0.02


def test_attached_again_in_a_notebook_it_goes_on_from_what_it_is(run: Run) -> None:
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
    scheduled = SimpleNamespace(param_groups=[{"lr": 1.0}])
    for _ in range(2):
        run.attach(optimizer)
        run.attach(scheduled, SimpleNamespace(base_lrs=[1.0]))
    change(run, lr=0.05, lr_scale_2=0.5)
    run.attach(optimizer)
    run.attach(scheduled, SimpleNamespace(base_lrs=[0.5]))
    assert (optimizer.param_groups[0]["lr"], scheduled.param_groups[0]["lr"]) == (0.05, 0.5)
    change(run, lr=0.1, lr_scale_2=0.25)
    assert (optimizer.param_groups[0]["lr"], scheduled.param_groups[0]["lr"]) == (0.1, 0.25)


def test_the_rate_is_recorded_and_what_is_no_optimizer_is_said(run: Run) -> None:
    hooks: list[Any] = []
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.0}], register_step_post_hook=hooks.append)
    run.attach(optimizer)
    run.attach(object())
    for _ in range(8):
        run.log({"loss": 1})
        hooks[0]()  # counts no step
    run.attach(optimizer)
    run.finish()
    assert len(hooks) == 1
    rates = [line["step"] for line in numbers(directory(run)) if "lr" in line]
    assert rates == [0]
    assert numbers(directory(run))[-1] == {"step": 7, "loss": 1}
    assert "attach" in events(directory(run), "warned")[0]["text"]


def test_a_real_scheduler_goes_on_from_the_multiplied_rate(run: Run) -> None:
    torch = pytest.importorskip("torch")

    def rates(factor_at: int | None, make: Any) -> list[float]:
        weight = torch.nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([weight], lr=0.1)
        scheduler = make(optimizer)
        if factor_at is not None:
            run._steering.knobs.clear()
            run.attach(optimizer, scheduler)
        found = []
        for step in range(10):
            if step == factor_at:
                run._steering.knobs["lr_scale"].on_change(0.5)  # type: ignore[misc]
            optimizer.step()
            scheduler.step()
            found.append(optimizer.param_groups[0]["lr"])
        return found

    schedulers = torch.optim.lr_scheduler
    for make in (
        lambda o: schedulers.LambdaLR(o, lambda step: 1 / (step + 1)),
        lambda o: schedulers.StepLR(o, 2),
        lambda o: schedulers.CosineAnnealingLR(o, 20),
        lambda o: schedulers.OneCycleLR(o, 1.0, total_steps=12),
    ):
        plain, steered = rates(None, make), rates(4, make)
        assert steered[:4] == plain[:4]
        assert steered[4:] == pytest.approx([rate / 2 for rate in plain[4:]])
