"""What a metric is follows from whole words of its name."""

import pytest

from core.run.metric_names import (
    greater_is_better,
    has_direction,
    is_accuracy,
    is_loss,
    main_metric,
    split_of,
)
from core.sweep.goal import Goal
from trainpad.errors import UserError
from tui.curves.grouping import quantities

GREATER = (
    "acc", "valAcc", "val_accuracy", "Accuracy/validation", "precision @ 1", "Prec@5", "acc1",
    "mAP", "mAP50", "metrics/mAP50-95(B)", "map", "AP50", "mIoU", "val/MeanIoU", "mean_io_u", "F1",
    "F1Score", "macro avg/f1-score", "eval_r2", "ROUGE-L", "rougeLsum", "bleu4", "AUC", "roc_auc",
    "top1", "top_5", "Top5Acc", "loss/accuracy", "ep_rew_mean", "rewards", "score", "valacc",
    "recall@10", "SSIM", "test.accuracy",
)  # fmt: skip
LESS = (
    "loss", "val_loss", "valLoss", "valloss", "train.loss", "G-loss", "lossD", "accuracy_loss",
    "dice_loss", "fid", "FID", "FID/score", "FIDScore", "fid50k", "error_rate", "top1_error",
    "err@top1", "top5_err", "reward/loss", "mean_squared_error", "RMSE", "MSELoss", "mape", "ppl",
    "eval/perplexity", "cross_entropy", "binary_crossentropy", "validation_0-mlogloss", "wer",
    "test-WER", "errors", "total_losses",
)  # fmt: skip
UNKNOWN = (
    "confidence", "val/confidence", "terror", "mirror", "gloss", "water", "power", "answers",
    "certainty", "bitmap", "heatmap", "accumulated", "acceleration", "precious", "space", "lr",
    "learning_rate", "grad_norm", "entropy", "", "step", "1", "损失", "neg_mean_squared_error",
    "neg_loss", "f", "r", "laptop1", "returned", "tracer", "concern", "series",
)  # fmt: skip


@pytest.mark.parametrize("name", GREATER)
def test_greater_is_better(name: str) -> None:
    assert has_direction(name)
    assert greater_is_better(name)
    assert Goal.parse(name).maximize


@pytest.mark.parametrize("name", LESS)
def test_less_is_better(name: str) -> None:
    assert has_direction(name)
    assert not greater_is_better(name)
    assert not Goal.parse(name).maximize


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_part_of_a_word_says_nothing(name: str) -> None:
    assert not has_direction(name)
    assert not greater_is_better(name)
    with pytest.raises(UserError, match="--direction"):
        Goal.parse(name)


ACCURACIES = (
    "acc", "val_accuracy", "precision @ 1", "Recall", "macro avg/f1-score", "roc_auc", "mAP50",
    "mIoU", "dice", "top_5", "Top5Acc", "loss/accuracy",
)  # fmt: skip
OTHERS = (
    "acceleration", "space", "precious", "accumulated", "top1_error", "accuracy_loss", "dice_loss",
    "place", "fauces", "laptop1", "reward", "PSNR", "loss", "step",
)  # fmt: skip


@pytest.mark.parametrize("name", [*ACCURACIES, *OTHERS])
def test_only_whole_words_make_an_accuracy(name: str) -> None:
    assert is_accuracy(name) == (name in ACCURACIES)


def test_losses_come_before_accuracies_and_both_before_the_rest() -> None:
    names = ["acceleration", "top1_error", "val/acc", "gloss", "nll", "val_loss", "loss"]
    assert [is_loss(name) for name in names] == [False] * 4 + [True] * 3
    titles = [each.title for each in quantities(names)]
    assert titles == ["loss", "nll", "val/acc", "acceleration", "gloss", "top1_error"]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("val_loss", "validation"), ("accuracy/test", "test"), ("eval/acc", "validation"),
        ("trainLoss", "training"), ("value_loss", "", ), ("interval", ""), ("latest", ""),
        ("constraint", ""), ("loss", ""),
    ],
)  # fmt: skip
def test_the_part_of_the_data_is_a_word_of_its_own(name: str, split: str) -> None:
    assert split_of(name) == split


@pytest.mark.parametrize(
    ("names", "main"),
    [
        (["loss", "acc", "val_loss", "val_acc", "test_acc"], "val_acc"),
        (["loss", "acc", "val_loss"], "val_loss"),
        (["loss", "train_acc"], "train_acc"),
        (["lr", "rmse", "loss"], "loss"),
        (["lr", "grad_norm"], ""),
        ([], ""),
    ],
)
def test_the_main_metric_is_a_score_on_validation_where_there_is_one(
    names: list[str], main: str
) -> None:
    assert main_metric(names) == main
