import threading
from pathlib import Path

import numpy as np
import pytest

from data import user_digits as user_digits_module
from data.errors import DataError
from data.idx import read_idx
from data.jitter import JitterLimits, jittered
from data.sources import open_user_digits
from data.user_digits import (
    IMAGES,
    LABELS,
    TIMES,
    add_user_digit,
    read_user_digits,
    remove_user_digit,
    write_user_digits,
)


def image(value: int) -> np.ndarray:
    return np.full((28, 28), value, np.uint8)


def test_drawings_are_stored_as_idx_and_each_can_be_removed(tmp_path: Path) -> None:
    digits = read_user_digits(tmp_path / "mine")
    assert len(digits) == 0
    for digit in range(14):
        digits = digits.with_added(image(digit), digit % 10, when=100.0 + digit)
        write_user_digits(tmp_path / "mine", digits)
    write_user_digits(tmp_path / "mine", digits.without(3))
    again = read_user_digits(tmp_path / "mine")
    assert again.labels.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3]
    assert again.images[:, 0, 0].tolist() == [0, 1, 2, *range(4, 14)]
    assert again.times[:4] == (100.0, 101.0, 102.0, 104.0)
    assert read_idx(tmp_path / "mine" / IMAGES).shape == (13, 28, 28)
    mine = open_user_digits(tmp_path / "mine")
    assert len(mine.train) + len(mine.validation) + len(mine.test) == 13


def test_the_last_one_can_go_too(tmp_path: Path) -> None:
    digits = read_user_digits(tmp_path).with_added(image(1), 1)
    write_user_digits(tmp_path, digits)
    write_user_digits(tmp_path, digits.without(0))
    assert len(read_user_digits(tmp_path)) == 0


def test_a_write_interrupted_after_the_labels_loses_nothing(tmp_path: Path) -> None:
    digits = read_user_digits(tmp_path).with_added(image(1), 1)
    write_user_digits(tmp_path, digits)
    kept = (tmp_path / IMAGES).read_bytes()
    write_user_digits(tmp_path, digits.with_added(image(2), 2))
    (tmp_path / IMAGES).write_bytes(kept)
    (tmp_path / TIMES).write_text("damaged")
    assert read_user_digits(tmp_path).labels.tolist() == [1]
    assert read_user_digits(tmp_path).times == (0.0,)


class KilledError(Exception):
    """The process was killed here."""


@pytest.mark.parametrize("written", [1, 2])
@pytest.mark.parametrize("removed", [0, 2, 4])
def test_an_interrupted_removal_leaves_each_drawing_its_label(
    tmp_path: Path, written: int, removed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for digit in range(5):
        add_user_digit(tmp_path, image(digit), digit)
    before = read_user_digits(tmp_path)
    replace, done = user_digits_module.write_atomic, []

    def until_killed(path: Path, content: bytes) -> None:
        if len(done) == written:
            raise KilledError
        done.append(path)
        replace(path, content)

    monkeypatch.setattr(user_digits_module, "write_atomic", until_killed)
    with pytest.raises(KilledError):
        remove_user_digit(tmp_path, image(removed), before.times[removed])
    monkeypatch.undo()
    left = [digit for digit in range(5) if digit != removed]
    for _ in range(2):
        digits = read_user_digits(tmp_path)
        assert digits.labels.tolist() == digits.images[:, 0, 0].tolist() == left
        assert digits.times == before.without(removed).times
        digits = add_user_digit(tmp_path, image(9), 9)
        assert digits.labels.tolist() == digits.images[:, 0, 0].tolist() == [*left, 9]
        remove_user_digit(tmp_path, image(9), digits.times[-1])


def test_each_of_several_pads_changes_what_the_others_left(tmp_path: Path) -> None:
    first = add_user_digit(tmp_path, image(1), 1)
    add_user_digit(tmp_path, image(2), 2)
    digits = add_user_digit(tmp_path, image(3), 3)
    assert remove_user_digit(tmp_path, image(1), first.times[0]).labels.tolist() == [2, 3]
    assert remove_user_digit(tmp_path, image(1), first.times[0]).labels.tolist() == [2, 3]
    assert remove_user_digit(tmp_path, image(2), digits.times[1]).labels.tolist() == [3]
    assert remove_user_digit(tmp_path, image(8), digits.times[2]).labels.tolist() == [3]


def test_changes_at_once_lose_nothing(tmp_path: Path) -> None:
    def keep(label: int) -> None:
        for _ in range(5):
            add_user_digit(tmp_path, image(label), label)

    threads = [threading.Thread(target=keep, args=(label,)) for label in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    digits = read_user_digits(tmp_path)
    assert sorted(digits.labels.tolist()) == [label for label in range(4) for _ in range(5)]
    assert digits.labels.tolist() == digits.images[:, 0, 0].tolist()


def test_a_lock_that_is_never_released_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_digits_module, "WAIT", 0.0)
    with (
        user_digits_module._locked_for_change(tmp_path),
        pytest.raises(DataError, match="another program"),
    ):
        add_user_digit(tmp_path, image(1), 1)


def test_files_that_do_not_belong_together_are_rejected(tmp_path: Path) -> None:
    digits = read_user_digits(tmp_path).with_added(image(1), 1)
    write_user_digits(tmp_path, digits)
    (tmp_path / LABELS).write_bytes(b"\0\0\x08\x01\0\0\0\x03abc")
    with pytest.raises(DataError, match="3 labels"):
        read_user_digits(tmp_path)
    write_user_digits(tmp_path, digits.with_added(image(2), 2))
    (tmp_path / LABELS).write_bytes(b"\0\0\x08\x01\0\0\0\x01a")
    with pytest.raises(DataError, match="1 labels"):  # it is unknown to which image it belongs
        read_user_digits(tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        write_user_digits(
            tmp_path / "file" / "mine", read_user_digits(tmp_path).with_added(image(1), 1)
        )


def test_images_are_jittered_within_the_limits() -> None:
    dot = np.zeros((200, 28, 28), np.uint8)
    dot[:, 14, 14] = 255
    rng = np.random.default_rng(0)
    assert (jittered(dot, rng, JitterLimits(0, 0, 0, 0)) == dot).all()
    shifted = jittered(dot, rng, JitterLimits(2.0, 0, 0, 0)).astype(float)
    mass = shifted.sum(axis=(1, 2))
    x = (shifted.sum(axis=1) @ np.arange(28)) / mass
    assert np.abs(x - 14).max() <= 2.01
    assert x.std() > 0.8
    assert not (jittered(dot, rng) == dot).all()
