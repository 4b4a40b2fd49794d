"""TensorBoard reads what we write: EventAccumulator, and the server of `tensorboard`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest

from core.tfevents import encode
from core.tfevents.items import Scalars
from core.tfevents.logdir import Logdir
from core.tfevents.messages import EventProto
from core.tfevents.records import encode_record
from core.tfevents.writer import EventWriter
from tests.helpers.tensorboard_server import ask, fetch, serving, session_group
from tests.helpers.tfevents import put, version

pytest.importorskip("tensorboard", reason="TensorBoard is not installed")

STEPS = 120
KERAS = {
    "class_name": "Sequential",
    "config": {
        "name": "net",
        "layers": [
            {"class_name": "Dense", "config": {"name": "hidden1", "batch_input_shape": [None, 784]}}
        ],
    },
}
# In a new process: in this one it would import TensorFlow, and it warns on import.
ACCUMULATE = """
import json, sys, types
sys.modules["tensorboard.compat.notf"] = types.ModuleType("notf")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
events = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0})
events.Reload()
weights = [[e.step, tensor_util.make_ndarray(e.tensor_proto).tolist()]
    for e in events.Tensors("weights")]
print(json.dumps({"weights": weights} | {
    tag: [[e.step, e.wall_time, e.value] for e in events.Scalars(tag)]
    for tag in events.Tags()["scalars"]}))
"""


def weights(step: int) -> np.ndarray:
    return np.random.default_rng(step).normal(size=(20, 30))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped after step 99 and resumed from step 49 on."""
    folder = tmp_path_factory.mktemp("logs")
    graph = bytes.fromhex("0a140a05696e707574120b506c616365686f6c646572")  # a node, "input"
    put(folder / "run", version(), encode_record(EventProto(graph_def=graph).SerializeToString()))
    with EventWriter(folder / "run", interval=1000) as out:
        out.keras_model(json.dumps(KERAS))
        out.hparams_experiment(["lr", "net"], ["precision/test"])
        out.hparams_start({"lr": 0.25, "net": "128x32"})
        out.text("changes", "learning rate **0.1**", 5)
        out.image("input", np.full((28, 28), 7, np.uint8), 0)
        for step in range(100):
            out.scalar("loss", -1.0, step)
    with EventWriter(folder / "run", purge_step=50, interval=1000) as out:
        for step in range(50, STEPS):
            out.scalar("loss", 1 / (step + 1), step)
        out.scalar("precision/test", 0.9375, STEPS)
        for step in (50, 60):
            out.deferred(lambda step=step: [encode.histogram("weights", weights(step))], step)
        out.hparams_end("success")
    return folder


@pytest.fixture(scope="module")
def server(logs: Path) -> Iterator[str]:
    """The address of a TensorBoard server for the logs."""
    with serving(logs) as address:
        yield address


def expected_loss() -> list[list[float]]:
    before = [[step, -1.0] for step in range(50)]
    return before + [[step, float(np.float32(1 / (step + 1)))] for step in range(50, STEPS)]


@pytest.fixture(scope="module")
def accumulated(logs: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", ACCUMULATE, str(logs / "run")]
    answer = subprocess.run(command, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_the_event_accumulator_reads_what_was_written(accumulated: dict[str, Any]) -> None:
    assert [[step, value] for step, _, value in accumulated["loss"]] == expected_loss()
    assert accumulated["precision/test"][0][::2] == [STEPS, 0.9375]
    assert accumulated["weights"] == [
        [step, encode.histogram_buckets(weights(step)).tolist()] for step in (50, 60)
    ]


def test_the_event_accumulator_and_our_reader_agree(
    logs: Path, accumulated: dict[str, Any]
) -> None:
    (update,) = Logdir([logs], clock=lambda: 0.0).poll()
    ours = [item for item in update.changes[0].items if isinstance(item, Scalars)]
    before, after = (
        np.stack([item.steps, item.wall_times, item.values], axis=1)
        for item in ours
        if item.tag == "loss"
    )
    assert [*before[:50].tolist(), *after.tolist()] == accumulated["loss"]


def test_the_server_shows_scalars(server: str) -> None:
    series = fetch(server, "scalars/scalars", run="run", tag="loss")
    assert [[step, value] for _, step, value in series] == expected_loss()


def test_the_server_shows_histograms(server: str) -> None:
    series = fetch(server, "histograms/histograms", run="run", tag="weights")
    assert [step for _, step, _ in series] == [50, 60]
    np.testing.assert_allclose(series[1][2], encode.histogram_buckets(weights(60)))


def test_the_server_shows_texts(server: str) -> None:
    (entry,) = fetch(server, "text/text", run="run", tag="changes")
    assert entry["step"] == 5
    assert "<strong>0.1</strong>" in entry["text"]


def test_the_server_shows_images(server: str) -> None:
    tags = fetch(server, "images/tags")
    assert "input" in tags["run"]
    (image,) = fetch(server, "images/images", run="run", tag="input", sample="0")
    picture = ask(server, "images/individualImage", **dict(parse_qsl(image["query"])))
    assert picture == encode.png(np.full((28, 28), 7, np.uint8))


def test_the_server_shows_both_graphs(server: str) -> None:
    info = fetch(server, "graphs/info")
    assert info["run"]["run_graph"]
    assert info["run"]["tags"]["keras"]["conceptual_graph"]
    graph = ask(server, "graphs/graph", run="run", conceptual="false")
    assert 'name: "input"' in graph.decode()
    layers = ask(server, "graphs/graph", run="run", conceptual="true", tag="keras")
    assert 'name: "net/hidden1"' in layers.decode()


def test_the_server_shows_hyperparameters_with_the_final_metric(server: str) -> None:
    experiment = fetch(server, "hparams/experiment", request="{}")
    assert {info["name"] for info in experiment["hparamInfos"]} >= {"lr", "net"}
    group = session_group(server)
    assert group["hparams"] == {"lr": 0.25, "net": "128x32"}
    (metric,) = group["metricValues"]
    assert (metric["name"]["tag"], metric["trainingStep"], metric["value"]) == (
        "precision/test",
        STEPS,
        0.9375,
    )
