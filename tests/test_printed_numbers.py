"""Numbers in the lines of programs become metrics; what may be something else does not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.found import EpochBegins, Found, Numbers
from core.output.numbers import NumberParser
from core.output.pattern import Pattern
from core.output.printed import MAX_LINE, PrintedLines
from trainpad.errors import UserError


def found_in(printed: str, *patterns: str) -> list[Found]:
    """What is found in a program's output."""
    parser, lines = NumberParser([Pattern(text) for text in patterns]), PrintedLines()
    whole = lines.feed(printed.encode()) + lines.end()
    found = [entry for line in whole for entry in parser.parse(line)]
    return found + list(parser.end())


def numbers_in(printed: str, *patterns: str) -> list[tuple[int, dict[str, float]]]:
    """The step and the metrics of each find."""
    found = found_in(printed, *patterns)
    return [(entry.step, dict(entry.values)) for entry in found if isinstance(entry, Numbers)]


def test_the_lines_of_the_lab() -> None:
    printed = """\
Step 0: loss = 2.31 (0.105 sec)
Step 900: loss = 0.51 (0.002 sec)
Training Data Eval:
  Num examples: 55000  Num correct: 47382  Precision @ 1: 0.8615
Validation Data Eval:
  Num examples: 5000  Num correct: 4349  Precision @ 1: 0.8698
Test Data Eval:
  Num examples: 10000  Num correct: 8668  Precision @ 1: 0.8668
Step 1000: loss = nan (0.002 sec)
"""
    *found, (step, last) = numbers_in(printed)
    assert found == [
        (0, {"loss": 2.31}),
        (900, {"loss": 0.51}),
        (900, {"train/precision @ 1": 0.8615}),
        (900, {"val/precision @ 1": 0.8698}),
        (900, {"test/precision @ 1": 0.8668}),
    ]
    assert step == 1000
    assert str(last) == "{'loss': nan}"


KERAS_3 = (
    "Epoch 1/2\n"
    "\x1b[1m  1/10\x1b[0m \x1b[37m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m3s\x1b[0m 4ms/step"
    " - accuracy: 0.1000 - loss: 2.3026"
    "\x08\x08\x08\r\x1b[1m 10/10\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m "
    "\x1b[1m0s\x1b[0m 4ms/step - accuracy: 0.2000 - loss: 2.1000"
    "\x08\x08\x08\r\x1b[1m10/10\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m "
    "\x1b[1m1s\x1b[0m 9ms/step - accuracy: 0.2000 - loss: 2.1000 - val_accuracy: 0.3000"
    " - val_loss: 2.0000\n"
    "Epoch 2/2\n"
    "10/10 - 1s - 98ms/step - accuracy: 0.4000 - loss: 1.9000 - val_loss: 1.8000\n"
    "\x1b[1m4/4\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m 0s 1ms/step"
    " - accuracy: 0.5 - loss: 1.7\n"
)


def test_the_progress_of_keras_3() -> None:
    assert numbers_in(KERAS_3) == [
        (0, {"accuracy": 0.1, "loss": 2.3026}),
        (9, {"accuracy": 0.2, "loss": 2.1}),
        (9, {"accuracy": 0.2, "loss": 2.1, "val_accuracy": 0.3, "val_loss": 2.0}),
        (19, {"accuracy": 0.4, "loss": 1.9, "val_loss": 1.8}),
        (19, {"evaluate/accuracy": 0.5, "evaluate/loss": 1.7}),
    ]
    epochs = [entry for entry in found_in(KERAS_3) if isinstance(entry, EpochBegins)]
    assert epochs == [EpochBegins(0, 2, 0), EpochBegins(1, 2, 10)]


def test_the_progress_of_keras_2_and_of_epochs_without_a_heading() -> None:
    printed = (
        " 3/10 [========>.....................] - ETA: 12s - loss: 0.5 - acc: 0.9\n"
        "10/10 [==============================] - 2s 2ms/step - loss: 0.4 - acc: 0.91\n"
        " 5/10 [=============>................] - ETA: 1s - loss: 0.3 - acc: 0.92\n"
    )
    assert [step for step, _ in numbers_in(printed)] == [2, 9, 14]


def test_tqdm_bars_of_epochs() -> None:
    printed = (
        "Epoch 0:   0%|          | 0/100 [00:00<?, ?it/s]\r"
        "Epoch 0:  45%|████▌     | 45/100 [00:12<00:15, 36.1it/s, v_num=0, loss=0.31, acc=0.9]\r"
        "val: 100%|██████████| 20/20 [00:01<00:00, 99.0it/s, loss=0.4]\r"
        "Epoch 1:   5%|▌         | 5/100 [00:00<00:15, 1.2s/it, v_num=0, loss=0.2, acc=1e-1]\n"
    )
    assert numbers_in(printed) == [
        (44, {"loss": 0.31, "acc": 0.9}),
        (44, {"val/loss": 0.4}),
        (104, {"loss": 0.2, "acc": 0.1}),
    ]
    epochs = [entry for entry in found_in(printed) if isinstance(entry, EpochBegins)]
    assert epochs == [EpochBegins(0, None, 0), EpochBegins(1, None, 45)]


def test_rich_bars_of_lightning() -> None:
    bar = "\r\x1b[2KEpoch {0}/-2 \x1b[35m━━━━━━━━━╺\x1b[0m {1}/20 \x1b[2m0:00:00 • 0:00:01\x1b[0m"
    printed = "".join(
        (bar + " 38.14it/s v_num: 0 loss: 0.{1}").format(epoch, step)
        for epoch in (0, 1)
        for step in (18, 20)
    )
    assert numbers_in(printed + "\n") == [
        (17, {"loss": 0.18}), (19, {"loss": 0.2}), (37, {"loss": 0.18}), (39, {"loss": 0.2}),
    ]  # fmt: skip


def test_bars_that_restart_go_on_and_bars_without_metrics_count_no_steps() -> None:
    printed = (
        "Map: 100%|██████████| 25000/25000 [00:12<00:00, 2000 examples/s]\n"
        " 50%|█████     | 5/10 [00:01<00:01, 5it/s, loss=3]\n"
        "100%|██████████| 10/10 [00:02<00:00, 5it/s, loss=2]\n"
        "  0%|          | 0/10 [00:00<?, ?it/s]\n"
        " 10%|█         | 1/10 [00:01<00:01, 5it/s, loss=1]\n"
        "12it [00:03, 4.0it/s, loss=0.5]\n"
    )
    assert [step for step, _ in numbers_in(printed)] == [4, 9, 10, 22]


def test_the_dicts_of_hugging_face_belong_to_the_bar_that_is_drawn_after_them() -> None:
    printed = (
        " 33%|███▎      | 498/1500 [00:10<00:20, 50it/s]\r          \r"
        "{'loss': 0.61, 'grad_norm': 1.5, 'learning_rate': 3.3e-05, 'epoch': 1.0}\n"
        "\r 33%|███▎      | 500/1500 [00:10<00:20, 50it/s]\r"
        "100%|██████████| 8/8 [00:01<00:00, 8it/s]\r"
        "{'eval_loss': '0.5', 'eval_runtime': 1.2, 'eval_samples_per_second': 99.5, 'epoch': 1.0}\n"
        " 34%|███▎      | 501/1500 [00:11<00:20, 50it/s]\r\n"
    )
    assert numbers_in(printed) == [
        (499, {"loss": 0.61, "grad_norm": 1.5, "learning_rate": 3.3e-05, "epoch": 1.0}),
        (500, {"eval_loss": 0.5, "epoch": 1.0}),
    ]
    assert numbers_in('{"step": 7, "loss": 0.5, "name": "x", "n": [1]}') == [(7, {"loss": 0.5})]
    assert numbers_in("{'loss': 2}\n{'loss': 1}\n") == [(0, {"loss": 2}), (1, {"loss": 1})]


@pytest.mark.parametrize(
    ("line", "step", "values"),
    [
        ("[1/5][50/1583]\tLoss_D: 1.92\tLoss_G: 3.1", 50, {"loss_d": 1.92, "loss_g": 3.1}),
        ("iter 100: loss 2.31, time 35.20ms, mfu 3.20%", 100, {"loss": 2.31}),
        ("step 250: train loss 2.31, val loss 2.35", 250, {"train/loss": 2.31, "val/loss": 2.35}),
        ("step 00100/01000 (1.2%) | loss: 3.2 | dt: 120ms | tok/sec: 1,234", 100, {"loss": 3.2}),
        ("2024-01-02 12:30:45,123 [INFO] train.py:88 global_step=5, loss=0.3,acc=0.9", 5,
         {"loss": 0.3, "acc": 0.9}),
        ("epoch 3 | lr=1e-4 | Train Loss: 0.31 | Val Accuracy: 0.90", 3,
         {"lr": 1e-4, "train/loss": 0.31, "val/accuracy": 0.9}),
        ("Epoch 12 - loss: 0.31 - val_loss: 0.4 - 12 s - lr: 0.001", 12,
         {"loss": 0.31, "val_loss": 0.4, "lr": 0.001}),
        ("Iteration: 1,200 reward = -12.5 entropy: inf", 1200,
         {"reward": -12.5, "entropy": float("inf")}),
        ("Validation: epoch=2 loss=0.5", 2, {"val/loss": 0.5}),
        ("step 3 loss:.5", 3, {"loss": 0.5}),
        ("Epoch: [0][  10/5005]\tTime  0.5 ( 0.6)\tLoss 6.9 (7.0)\tAcc@1   0.25 (  0.10)", 10,
         {"loss": 6.9, "acc@1": 0.25}),
        ("[12]\ttrain-rmse:0.48\teval-rmse:0.50", 12, {"train/rmse": 0.48, "val/rmse": 0.5}),
        ("Epoch 4 | Train loss: 1, Acc: 2 | Val loss: 3, Acc: 4", 4,
         {"train/loss": 1, "train/acc": 2, "val/loss": 3, "val/acc": 4}),
        ("step 1 loss=1 loss=2 acc=3", 1, {"acc": 3}),
        ("[12:00:00] it   1900/20000 | train loss 0.28 | lr 1.0e-01", 1900,
         {"train/loss": 0.28, "lr": 0.1}),
        ("it=5 loss=0.3", 5, {"loss": 0.3}),
        ("step 13 loss 0,13", 13, {"loss": 0.13}),
        ("step 14 loss: 0,131 acc=91,2% kernel=3,3 lr=1e-2,5", 14, {"loss": 0.131, "acc": 91.2}),
        ("step 15 loss=1,234.5 reward: 2,000 acc 12,5 s", 15, {"loss": 1234.5, "reward": 2000}),
        ("train step=15 loss=0.11; eval step=15 loss=0.2 acc=3, lr=0.1", 15,
         {"train/loss": 0.11, "val/loss": 0.2, "val/acc": 3, "train/lr": 0.1}),
        ("step 5 train: loss=1, acc=2 - val: loss=3, acc=4", 5,
         {"train/loss": 1, "train/acc": 2, "val/loss": 3, "val/acc": 4}),
        ("itr 7: loss 0.3", 7, {"loss": 0.3}),
        ("Epoch 3 acc: 91.20%, val_accuracy=91.2% done=45%", 3,
         {"acc": 91.2, "val_accuracy": 91.2}),
    ],
)  # fmt: skip
def test_names_and_numbers_beside_a_step_or_an_epoch(
    line: str, step: int, values: dict[str, float]
) -> None:
    assert numbers_in(line) == [(step, values)]


def test_steps_that_begin_again_with_an_epoch_go_on() -> None:
    printed = "".join(
        f"Epoch [{epoch}/3], Step [{step}/600], Loss: 0.5\n"
        for epoch in (1, 2, 3)
        for step in (300, 600)
    )
    assert [step for step, _ in numbers_in(printed)] == [300, 600, 900, 1200, 1500, 1800]
    printed = "".join(
        f"Train Epoch: {epoch} [{place}/60000 (1%)]\tLoss: 2.3\n"
        for epoch in (0, 1)
        for place in (0, 59904)
    )
    assert numbers_in(printed)[-1] == (119904, {"train/loss": 2.3})
    printed = "".join(f"ep 0{ep} | it=000{it} | loss=1\n" for ep in (1, 2, 3) for it in (0, 50))
    assert [step for step, _ in numbers_in(printed)] == [0, 50, 51, 101, 102, 152]
    begun = [found for found in found_in(printed) if isinstance(found, EpochBegins)]
    assert [(one.epoch, one.step) for one in begun] == [(0, 0), (1, 51), (2, 102)]
    printed = "epoch 1 step 5 loss 1\nepoch 2 step 10 loss 1\nepoch 3 step 2 loss 1\n"
    assert [step for step, _ in numbers_in(printed)] == [5, 10, 13]


def test_a_line_without_a_step_counts_only_after_one_and_with_a_word_for_a_metric() -> None:
    assert numbers_in("loss: 0.5\nlearning rate: 0.1") == []
    printed = (
        "Epoch 2\nloss: 0.5  [   64/60000]\nTotal params: 1200\nTest set: Average loss: 0.05\n"
    )
    assert numbers_in(printed) == [(64, {"loss": 0.5}), (64, {"test/average_loss": 0.05})]


@pytest.mark.parametrize(
    "line",
    [
        "Step 1/5 : FROM python:3.9",
        "step 3 version: 2.1.0 host: 10.0.0.1 took: 12 s",
        "step 3 date: 2024-01-02 time: 12:30:45 size: 1.2GB",
        "step 3 done: 45 % progress: 45% gpu util: 91.2% mfu 3.2% accuracy: 45%|###",
        "repeat it 3 times, loss: 0.5",
        "step 3 saved=/tmp/model-3.pt id=12ab",
        "step 3 Accuracy: 9823/10000 (98%)",
        "epoch: 0.02 loss: 0.5",
        "batch size: 32 loss: 0.5",
        "Restoring model weights from the end of the best epoch: 7.",
        "epochs: 10, loss: 5",
        "Collecting numpy==2.1.0",
        "step 3 seed=42 num_workers=8 batches: 12 memory: 512",
    ],
)
def test_what_may_be_something_else_is_no_metric(line: str) -> None:
    assert numbers_in(line) == []


def test_a_pattern_of_the_users() -> None:
    assert numbers_in("step 3 x 0,25 7,7,7\n", r"step (?P<step>\d+) x (?P<x>\S+) (?P<y>\S+)") == [
        (3, {"x": 0.25})
    ]
    pattern = r"it (?P<step>\d+).* err (?P<err>\S+)(?: top (?P<top>\S+))?"
    printed = "it 10 of 20 err 0.5\nit 20 of 20 err 4e-1 top x\nstep 30 loss=1\n"
    assert numbers_in(printed, pattern) == [
        (10, {"err": 0.5}), (20, {"err": 0.4}), (30, {"loss": 1}),
    ]  # fmt: skip
    assert numbers_in("e 3 q 1", r"e (?P<epoch>\d+) q (?P<q>\d)") == [(3, {"q": 1})]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(?P<loss>[0-9", "is not a regular expression: unterminated character set"),
        ("loss (.*)", "names no metric; write one as a group"),
        (r"(?P<step>\d+)", "names no metric"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_a_sentence(pattern: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence.replace("(", r"\(")):
        Pattern(pattern)


def test_output_comes_in_pieces() -> None:
    lines = PrintedLines()
    got = [line for byte in KERAS_3.encode() for line in lines.feed(bytes([byte]))]
    assert got + lines.end() == PrintedLines().feed(KERAS_3.encode())
    lines = PrintedLines()
    assert lines.feed(b"a\x1b]0;title\x07b\r") == []
    assert lines.feed(b"\nc" + b"x" * 100_000) == ["ab"]
    assert lines.feed(b"y\n") == ["c" + "x" * (MAX_LINE - 1)]


PIECES = st.sampled_from(
    ["Step ", "Epoch ", "loss", ": ", "=", "0.5", "1e999", "nan", "-", "/", "[", "]", "%|", "|",
     "\r", "\n", "\x1b[", "\x08", "{'", "':", "}", "100", ",", " ", "━━━━━━━", "it [00:", "@ 1",
     "Training Data Eval:", "\x1b]", "é", "٣", "²"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=60))
def test_no_line_raises(pieces: list[str]) -> None:
    for entry in found_in("".join(pieces), r"(?P<step>\S+) (?P<x>\S+)"):
        assert entry.step >= 0


@pytest.mark.parametrize(
    "piece",
    ["a", "1", "1,", " ", "loss ", "a=", "step 1 ", "train ", "[1/1]", "9%|", "{'a': 1,", "1.",
     "\x1b[1", "- a: 1 ", "@ 1", "━", "epoch 1/", "a 1 ", "a.", "=1", "\x08", "val_",
     "損", "損：", "ि"],
)  # fmt: skip
def test_hostile_lines_take_time_in_proportion_to_their_length(piece: str) -> None:
    began = time.process_time()
    found_in((piece * MAX_LINE + "\n") * 3 + "step 1 " + piece * MAX_LINE)
    assert time.process_time() - began < 2.0
