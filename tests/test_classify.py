import io
import json
from pathlib import Path

import numpy as np
import pytest

from core.cli.classify import text_lines
from core.network.builtin import builtin_network
from core.network.certainty import VIEWS
from core.network.classifier import Classifier, Prediction, load_classifier
from core.network.network import Network
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from data.errors import DataError
from data.ink import inks_to_images
from data.ink_export import export_drawing
from main import main
from tests.helpers.pendigits import pendigits

SEVEN = [[[0.2, 0.2], [0.8, 0.2], [0.4, 0.85]]]
BOXES = [[2, 2, 8, 9], [12, 2, 18, 9]]
"""Two such sevens side by side, in tenths of a side."""
ONE = [[[0.5, 0.1], [0.5, 0.9]]]


def reading(**likely: float) -> Prediction:
    values = np.full(10, (1 - sum(likely.values())) / (10 - len(likely)), np.float32)
    for name, value in likely.items():
        values[int(name[1:])] = value
    return Prediction(values)


def run_main(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    path = tmp_path / "two.json"
    path.write_text(json.dumps([{"strokes": SEVEN}, {"strokes": ONE}]))
    return path


def test_a_prediction_is_a_digit_or_one_of_two_or_none() -> None:
    assert reading(_7=0.9).describe() == "7"
    assert reading(_4=0.55, _9=0.4).describe() == "not sure: 4 or 9?"
    assert reading(_4=0.2, _9=0.2).describe() == "not sure: no digit?"
    assert Prediction(np.full(10, 0.1, np.float32), empty=True).abstains


def test_a_picture_abstains_where_the_second_class_is_near() -> None:
    near = reading(_4=0.85, _9=0.1).probabilities
    assert not Prediction(near).abstains
    assert not Prediction(near, least_ratio=8.4).abstains
    assert Prediction(near, least_ratio=8.6).abstains
    assert Prediction(near, least_ratio=8.6).describe() == "not sure: 4 or 9?"


@pytest.mark.parametrize(("times", "is_sure"), [(49, False), (51, True)])
def test_what_is_found_in_pictures_has_to_be_clearer_than_a_drawing(
    times: float, is_sure: bool
) -> None:
    class Sees:
        sizes = (784, 10)

        def probabilities(self, images: np.ndarray) -> np.ndarray:
            views = np.zeros((len(images), 10), np.float32)
            views[:, [4, 9]] = times / (times + 1), 1 / (times + 1)
            return views

    seven = inks_to_images([[np.array(SEVEN[0])]])
    (found,) = Classifier(Sees(), "views").predict_found(seven)
    assert found.describe() == ("4" if is_sure else "not sure: 4 or 9?")
    assert Classifier(Sees(), "once").predict(seven)[0].describe() == "4"


def test_what_is_found_in_pictures_is_classified_in_several_views() -> None:
    seen: list[np.ndarray] = []

    class Sees:
        sizes = (784, 10)

        def probabilities(self, images: np.ndarray) -> np.ndarray:
            seen.append(images)
            views = np.full((len(images), 10), 0.01, np.float32)
            views[:, 7] = 0.91
            views[0] = np.eye(10)[3]  # the picture itself; its other views disagree
            return views

    seven = inks_to_images([[np.array(SEVEN[0])]])
    classifier = Classifier(Sees(), "views")
    (found,) = classifier.predict_found(seven)
    assert len(seen) == 1
    assert seen[0].shape == (len(VIEWS), 784)
    assert (seen[0][0] == seven.ravel()).all()
    assert len(np.unique(seen[0], axis=0)) == len(VIEWS)
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
    # Mean logits: 7 has (-30 log 10 + 6 log 0.91) / 7, and 3 has 6 log 0.01 / 7.
    more = (6 * np.log(0.91 / 0.01) - 30 * np.log(10)) / 7
    found_more = np.log(found.probabilities[7] / found.probabilities[3])
    assert found_more == pytest.approx(more, abs=1e-3)
    assert classifier.predict(seven)[0].label == 3
    assert not classifier.predict_found(np.zeros((0, 28, 28), np.float32))


@pytest.mark.parametrize(("digits", "views"), [(1, len(VIEWS)), (2, 1)])
def test_one_digit_in_a_picture_is_classified_in_views(
    digits: int, views: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seven, counts = inks_to_images([[np.array(SEVEN[0])]])[0], []
    picture = np.hstack([np.kron(seven, np.ones((3, 3)))] * digits)
    pytest.importorskip("PIL.Image").fromarray(np.uint8(255 * picture)).save(tmp_path / "a.png")
    network = builtin_network()
    monkeypatch.setattr(
        type(network), "logits", lambda _, x: counts.append(len(x)) or np.zeros((len(x), 10))
    )
    run_main("classify", str(tmp_path / "a.png"))
    assert counts == [digits * views]


def test_predictions_use_the_names_of_the_classes() -> None:
    names = ("shirt", "shoe", *"23456789")
    assert reading(_1=0.9).describe(names) == "shoe"
    assert list(text_lines("f", [reading(_1=0.9), reading(_0=0.95)], names)) == [
        "f[0]   shoe   90%",
        "f[1]   shirt   95%",
    ]


def test_names_of_files_and_classes_are_sanitized(
    tmp_path: Path, make_run, capsys: pytest.CaptureFixture
) -> None:
    evil = "\x1b]52;c;aGk=\x07\x9b2J\u202e"
    drawing = tmp_path / f"{evil}.json"
    drawing.write_text(json.dumps({"strokes": SEVEN}))
    assert run_main("classify", str(drawing)) == 0
    assert run_main("classify", f"{drawing}.none") == 2
    printed = capsys.readouterr()
    assert printed.out.count(".json") == printed.err.count(".json.none") == 1
    assert (printed.out + printed.err).replace("\n", "").isprintable()

    run = make_run(dataset={"fingerprint": "0", "classes": [evil] * 10})
    network = Network.from_layers([(np.zeros((784, 10)), np.zeros(10))])
    checkpoint.write(run.checkpoints, Checkpoint(network.to_arrays(), {"step": 5}))
    assert "".join(load_classifier(str(run.path), tmp_path).classes).isprintable()


def test_json_has_a_line_for_each_digit(drawings: Path, capsys: pytest.CaptureFixture) -> None:
    assert run_main("classify", "--json", str(drawings)) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["digit"] for line in lines] == [7, 1]
    assert [line["index"] for line in lines] == [0, 1]
    for line in lines:
        assert line["file"] == str(drawings)
        assert line["confidence"] == max(line["probabilities"])
        assert sum(line["probabilities"]) == pytest.approx(1, abs=0.001)
        assert line["unsure"] is False


def test_standard_input_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    text = io.TextIOWrapper(io.BytesIO(json.dumps({"strokes": SEVEN}).encode()))
    monkeypatch.setattr("sys.stdin", text)
    assert run_main("classify", "-") == 0
    assert capsys.readouterr().out.startswith("-   7   ")


def test_an_empty_drawing_is_no_digit(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"strokes": []}')
    assert run_main("classify", "--json", str(path)) == 0
    assert json.loads(capsys.readouterr().out)["unsure"] is True


def test_each_file_has_its_line_and_one_that_fails_stops_nothing(
    drawings: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("hello\n")
    files = [str(drawings), str(text), str(tmp_path / "gone.png"), str(drawings)]
    assert run_main("classify", *files) == 2
    printed = capsys.readouterr()
    assert [line.split()[1] for line in printed.out.splitlines()] == ["7", "1", "7", "1"]
    assert [line.startswith("trainpad: ") for line in printed.err.splitlines()] == [True, True]
    assert "text.txt: expected PNG" in printed.err
    assert "found text ('hello')" in printed.err
    assert run_main("classify", "--json", *files) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["digit"] for line in lines] == [7, 1, None, None, 7, 1]
    assert ["error" in line for line in lines] == [False, False, True, True, False, False]


def test_several_digits_in_a_picture_are_found_by_default_with_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    image = pytest.importorskip("PIL.Image")
    one, both = tmp_path / "one.png", tmp_path / "both.png"
    export_drawing(one, [np.array(stroke) for stroke in SEVEN], [0.085])
    sheet = image.new("L", (1120, 560), 255)
    for left in (0, 560):
        sheet.paste(image.open(one), (left, 0))
    sheet.save(both)
    run_main("classify", str(one))
    assert capsys.readouterr().err == ""
    run_main("classify", str(both))
    captured = capsys.readouterr()
    assert "both.png shows 2 digits; --no-split takes it as one" in captured.err
    assert len(captured.out.splitlines()) == 2
    run_main("classify", "--no-split", str(both))
    captured = capsys.readouterr()
    assert (captured.err, len(captured.out.splitlines())) == ("", 1)
    run_main("classify", "--split", "--json", str(both))
    boxes = [json.loads(line)["box"] for line in capsys.readouterr().out.splitlines()]
    assert [[round(side / 56) for side in box] for box in boxes] == BOXES
    run_main("classify", "--split", str(both))
    printed = capsys.readouterr()
    assert (printed.out.count("]   7   "), printed.err) == (2, "")


def test_a_file_without_a_digit_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    blank, none = tmp_path / "blank.png", tmp_path / "none.json"
    pytest.importorskip("PIL.Image").new("L", (60, 50), 255).save(blank)
    none.write_text("[]")
    for file in (blank, none):
        for options in ([], ["--split"]):
            assert run_main("classify", *options, str(file)) == 0
            assert capsys.readouterr().out == f"{file}   no digit found\n"
            assert run_main("classify", *options, "--json", str(file)) == 0
            line = json.loads(capsys.readouterr().out)
            assert (line["digit"], line["confidence"], line["unsure"]) == (None, None, True)


@pytest.mark.parametrize("content", [None, b"", b"GIF89a", b'{"strokes": 1}', b"\x89PNG\r\n\x1a\n"])
def test_an_unreadable_file_is_one_sentence_and_status_2(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "bad"
    if content is not None:
        path.write_bytes(content)
    assert run_main("classify", str(path)) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert str(path) in message


def test_an_exported_drawing_is_classified(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    strokes = [np.array(stroke) for stroke in SEVEN]
    for name in ("seven.png", "seven.json"):
        export_drawing(tmp_path / name, strokes, [0.085])
        assert run_main("classify", str(tmp_path / name)) == 0
        assert capsys.readouterr().out.startswith(f"{tmp_path / name}   7   ")
    assert run_main("classify", "--json", str(tmp_path / "seven.json")) == 0
    shown = load_classifier(None, tmp_path).predict(inks_to_images([strokes]))[0]
    exported = json.loads(capsys.readouterr().out)["probabilities"]
    np.testing.assert_allclose(exported, shown.probabilities, atol=2e-4)
    with pytest.raises(DataError, match=r"png or \.json"):
        export_drawing(tmp_path / "seven.gif", strokes, [0.085])


def test_a_run_classifies_with_its_newest_checkpoint(make_run, tmp_path: Path) -> None:
    run = make_run(dataset={"classes": [*"abcdefghij"]})
    for step, best in ((10, 2), (20, 5)):
        biases = np.zeros(10, np.float32)
        biases[best] = 9
        network = Network.from_layers([(np.zeros((784, 10)), biases)])
        checkpoint.write(run.checkpoints, Checkpoint(network.to_arrays(), {"step": step}))
    reader = load_classifier(run.name, run.path.parent)
    assert reader.origin == f"{run.name} after 20 steps"
    assert reader.predict(np.ones((1, 28, 28), np.float32))[0].describe(reader.classes) == "f"


def test_a_network_for_images_of_another_size_is_refused() -> None:
    reader = Classifier(Network.from_layers([(np.zeros((9, 10)), np.zeros(10))]), "small")
    with pytest.raises(DataError, match="takes 9 pixels"):
        reader.predict(np.ones((1, 28, 28), np.float32))


def test_the_built_in_weights_are_small_and_classify_pen_drawings() -> None:
    from importlib.resources import files

    assert len((files("data") / "builtin.safetensors").read_bytes()) <= 1_500_000
    drawings = pendigits()
    if drawings is None:
        pytest.skip("no pendigits here")
    strokes, labels = (every[::3] for every in drawings)
    likely = builtin_network().logits(inks_to_images(strokes).reshape(len(strokes), -1))
    assert (likely.argmax(axis=1) == labels).mean() >= 0.988


def test_several_digits_in_a_drawing_are_found_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "strokes.json"
    beside = [[[x + 1.2, y] for x, y in stroke] for stroke in SEVEN]
    path.write_text(json.dumps({"strokes": ONE + beside}))
    run_main("classify", "--json", str(path))
    assert len(capsys.readouterr().out.splitlines()) == 1
    run_main("classify", "--split", "--json", str(path))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["digit"] for line in lines] == [1, 7]
    assert lines[1]["box"] == [1.4, 0.2, 2.0, 0.85]
