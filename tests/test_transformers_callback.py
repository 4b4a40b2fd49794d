"""The callback for Hugging Face's Trainer, told of moments as the Trainer does."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trainpad
from tests.helpers.attached import directory, events, last_event, numbers, recorded, steer
from trainpad.transformers import TrainpadCallback

pytestmark = pytest.mark.usefixtures("polled_runs")


class Trainer:
    """What a Trainer tells its callbacks."""

    def __init__(self, callback: TrainpadCallback, eval_strategy: str = "no") -> None:
        self.callback = callback
        self.args = SimpleNamespace(eval_strategy=eval_strategy, output_dir="out", lr=0.1, x=[1])
        self.state = SimpleNamespace(
            global_step=0, max_steps=100, epoch=0.0, num_train_epochs=2, is_world_process_zero=True
        )
        self.control = SimpleNamespace(
            should_training_stop=False, should_save=False, should_evaluate=False
        )
        self.groups = [{"lr": 0.1, "initial_lr": 0.1}]

    def tell(self, moment: str, **more: Any) -> None:
        getattr(self.callback, moment)(self.args, self.state, self.control, **more)

    def begin(self) -> None:
        optimizer = SimpleNamespace(optimizer=SimpleNamespace(param_groups=self.groups))
        scheduler = SimpleNamespace(scheduler=SimpleNamespace(base_lrs=[0.1]))
        self.tell("on_init_end")
        self.tell("on_train_begin", optimizer=optimizer, lr_scheduler=scheduler)
        self.tell("on_epoch_begin")

    def step(self) -> None:
        self.state.global_step += 1
        self.tell("on_step_end", eval_dataloader=None)


def test_requests_become_the_trainers_flags(runs: Path) -> None:
    trainer = Trainer(TrainpadCallback(project="p"), "steps")
    trainer.begin()
    (path,) = recorded(runs.parent)
    trainer.step()
    trainer.tell("on_log", logs={"loss": 0.5, "note": "text"})
    assert not any(vars(trainer.control).values())
    steer(path, increment="checkpoint", hyperparameters={"lr_scale": 0.5})
    steer(path, increment="evaluate")
    trainer.step()
    assert (trainer.control.should_save, trainer.control.should_evaluate) == (True, True)
    assert trainer.groups[0] == {"lr": 0.05, "initial_lr": 0.05}
    trainer.tell("on_save")
    steer(path, stop="stopped")
    trainer.step()
    assert trainer.control.should_training_stop
    trainer.tell("on_train_end")
    assert numbers(path) == [{"step": 0, "loss": 0.5}]
    assert events(path, "saved")[0]["file"] == "out/checkpoint-2"
    assert last_event(path).items() >= {"reason": "stopped", "step": 3}.items()


def test_without_data_an_evaluation_is_explained(runs: Path) -> None:
    run = trainpad.init("mine")
    trainer = Trainer(TrainpadCallback())
    trainer.begin()
    steer(directory(run), increment="evaluate")
    trainer.step()
    assert not trainer.control.should_evaluate
    trainer.tell("on_train_end")
    assert run.is_open
    run.finish()
    assert "eval_dataset" in events(directory(run), "noted")[0]["text"]


def test_another_rank_records_nothing(runs: Path) -> None:
    trainer = Trainer(TrainpadCallback())
    trainer.state.is_world_process_zero = False
    trainer.begin()
    trainer.step()
    trainer.tell("on_train_end")
    assert not runs.exists()
    with pytest.raises(AttributeError):
        trainer.callback.anything  # noqa: B018


def test_tokens_are_not_recorded(runs: Path) -> None:
    trainer = Trainer(TrainpadCallback())
    vars(trainer.args).update({"hub_token": "hf_1"})
    trainer.begin()
    (path,) = recorded(runs.parent)
    assert "hf_1" not in (path / "run.json").read_text()
    assert "token" not in (path / "run.json").read_text()


def test_sanitized_arguments_are_recorded(runs: Path) -> None:
    trainer = Trainer(TrainpadCallback())
    trainer.args.to_sanitized_dict = lambda: {"lr": 0.5, "hub_token": "<HUB_TOKEN>"}
    trainer.begin()
    assert dict(trainpad.config) == {"lr": 0.5}
