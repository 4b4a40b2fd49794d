"""Change one constant in each file of `core` and `trainpad`: a test has to fail.

    python benchmarks/mutations.py [FILE...]

Each line of `MUTATIONS` is a file, a text in it, the text that replaces it, and the test file that
should fail then. Everything happens in a copy of the project. The exit status is 1 if a test file
passes all the same.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MUTATIONS = (
    ("core/network/health.py", "DEAD_WARNING_SHARE = 0.25", "DEAD_WARNING_SHARE = 0.95", "health"),
    ("core/training/augment.py", "3.14159265 / 180", "3.14159265 / 90", "augment"),
    ("core/network/builtin.py", '"builtin.safetensors"', '"builtin"', "classify"),
    ("core/rundir/checkpoint.py", "KEEP_NEWEST = 5", "KEEP_NEWEST = 4", "checkpoint"),
    ("core/cli/classify.py", 'no digit found"', 'none"', "classify"),
    ("core/training/cluster.py", "index == 0", "index == 1", "distributed"),
    ("trainpad/control.py", "LIMIT = 64 * 1024", "LIMIT = 64", "trainpad_control"),
    ("core/cli/datasets.py", "image_shape[1] + 1", "image_shape[1] + 99", "data_command"),
    ("core/session/detached.py", "not signals.outcome", "signals.outcome", "detached"),
    ("core/training/device.py", "use --device cpu", "use --cpu", "engine"),
    ("core/rundir/deletion.py", '"clock.f64",', '"clock.f32",', "deletion"),
    ("core/cli/doctor.py", "(3, 11) <=", "(3, 99) <=", "doctor"),
    ("core/cli/doctor_device.py", '"0x10de"', '"0x10df"', "doctor"),
    ("core/training/early_stopping.py", "_since_best += 1", "_since_best += 2", "early_stopping"),
    ("core/training/device_data.py", "* PIXEL_SCALE", "* 0.9 * PIXEL_SCALE", "engine"),
    ("core/run/status.py", "RunStatus.TRAINING, RunStatus.PAUSED)", "RunStatus.TRAINING)", "state"),
    ("core/export/export.py", 'STDOUT = "-"', 'STDOUT = "--"', "export"),
    ("core/export/reproduce.py", "(Outcome.STOPPED, Outcome", "(Outcome", "reproduce"),
    ("core/export/keras_model.py", "network.sizes[0]", "network.sizes[1]", "export"),
    ("core/export/notebook.py", "<f4", "<f8", "export"),
    ("core/export/figure.py", "DPI = 150", "DPI = 15", "export"),
    ("core/export/options.py", "len(runs) > 1", "len(runs) > 2", "export"),
    ("core/export/tables.py", "CHUNK = 100_000", "CHUNK = 0", "export"),
    ("trainpad/files.py", "0o600", "0o644", "trainpad_files"),
    ("core/cli/findings.py", "status |=", "status &=", "doctor"),
    ("core/cli/flags.py", '"--help", "-h"', '"--help"', "cli"),
    ("core/rundir/reader.py", "PIECES: Final = 500", "PIECES: Final = 0", "reader"),
    ("core/rundir/validation.py", "len(value) != 3", "len(value) != 2", "validation"),
    ("core/process/threads.py", "10_000, 20", "700, 10", "threads"),
    ("core/process/system_stats.py", "seconds < 1", "seconds < 9", "system_stats"),
    ("core/session/headless.py", "= 0, 1, 3, 130", "= 0, 1, 4, 130", "headless"),
    ("core/run/layers.py", "MAX_LAYERS = 64", "MAX_LAYERS = 65", "hparams"),
    ("core/session/lab_output.py", '"Training"', '"Train"', "lab_output"),
    ("core/process/launcher.py", "128 - code", "127 - code", "tty"),
    ("core/training/model.py", 'split("/", 1)[1]', 'split("/", 1)[0]', "engine"),
    ("core/network/adam.py", "0.9, 0.999, 1e-8", "0.9, 0.99, 1e-8", "adam"),
    ("core/cli/runs.py", "[::-1]", "[::1]", "cli_runs"),
    ("core/tfevents/logdir.py", "SEARCH_PAUSE_FACTOR: Final = 20",
     "SEARCH_PAUSE_FACTOR: Final = 2000",
     "tfevents_logdir"),
    ("core/run/metrics.py", "2 * correct", "3 * correct", "metrics"),
    ("core/network/predictions.py", "self.classes**2", "self.classes**1", "predictions"),
    ("core/network/network.py", "weights.shape[1] !=", "weights.shape[0] !=", "network"),
    ("core/training/rng_tf.py", "2.0**-24", "2.0**-23", "rng_tf"),
    ("core/rundir/notes.py", "TEXT_LENGTH = 80", "TEXT_LENGTH = 3", "export"),
    ("core/training/stream.py", ">= self._examples", ">= 0", "stream"),
    ("core/process/redirect.py", "os.dup2(log, 1)", "os.dup2(log, 2)", "redirect"),
    ("core/run/layers.py", 'or "softmax"', 'or "none"', "network_text"),
    ("core/training/chunking.py", "TARGET_SECONDS = 0.06", "TARGET_SECONDS = 0.6", "chunking"),
    ("core/run/presets.py", "0.5", "0.05", "hparams"),
    ("core/process/threads.py", "max(now, NICE)", "min(now, NICE)", "threads"),
    ("core/process/threads.py", "() - SYNCHRONOUS", "() & SYNCHRONOUS", "threads"),
    ("core/run/pyramid.py", "starts[:-1] < starts", "starts[:-1] <= starts", "series"),
    ("core/training/rng.py", "> 2).any()", "> 3).any()", "rng"),
    ("core/rundir/ranking.py", "accuracy > self._best", "accuracy < self._best", "recorder"),
    ("core/network/classifier.py", "THRESHOLD = 0.7", "THRESHOLD = 0.2", "classify"),
    ("core/rundir/recorder.py", "HEARTBEAT = 1.0", "HEARTBEAT = 1000.0", "recorder"),
    ("core/session/request.py", "len(named) > 1", "len(named) > 2", "cli"),
    ("core/rundir/resume.py", "change[0] >= start.step", "change[0] > start.step", "resume"),
    ("core/run/state.py", "event.first + len(event.losses)", "event.first", "state"),
    ("core/rundir/rundir.py", "RETRY_DELAY = 10, 0.02", "RETRY_DELAY = 0, 0.02", "rundir"),
    ("core/rundir/status.py", "FRESH_HEARTBEAT: Final = 3.0", "FRESH_HEARTBEAT: Final = 300.0",
     "status"),
    ("core/run/schedules.py", "ramp * 0.5", "ramp * 0.4", "schedules"),
    ("core/run/series.py", "self.steps[-1]", "self.steps[0]", "series"),
    ("core/session/session.py", "[:200]", "[:2]", "session"),
    ("core/run/smoothing.py", "arange(1.0", "arange(2.0", "series"),
    ("core/rundir/data_source.py", '"fake_data"', '"fake"', "request"),
    ("core/training/distributed.py", "BROADCAST_BYTES = 2048", "BROADCAST_BYTES = 8",
     "distributed"),
    ("core/session/summaries.py", "INPUT_IMAGES = 10", "INPUT_IMAGES = 9", "summaries"),
    ("core/network/finetune.py", "STEPS = 120", "STEPS = 1", "finetune"),
    ("core/run/timeline.py", "left=-np.inf", "left=np.inf", "series"),
    ("core/training/loop.py", "if step else 1", "if step else 2", "loop"),
    ("core/process/tty.py", "?1049l", "?1048l", "tty"),
    ("core/training/divergence.py", "CHANCE_FACTOR = 3.0", "CHANCE_FACTOR = 300.0", "divergence"),
    ("core/tfevents/bounded.py", "len(items) < 3", "len(items) < 300", "tfevents_store"),
    ("core/tfevents/encode.py", "BUCKETS: Final = 30", "BUCKETS: Final = 3", "tfevents_writer"),
    ("core/tfevents/graph.py", '"Sequential"', '"Functional"', "tfevents_graph"),
    ("core/tfevents/protobuf.py", "type_name[:-2]", "type_name[:-1]", "tfevents_reader"),
    ("core/tfevents/pending.py", "1 << 7 *", "1 << 8 *", "tfevents_reader"),
    ("core/tfevents/reader.py", "MAX_TAGS: Final = 20_000", "MAX_TAGS: Final = 2",
     "tfevents_damage"),
    ("core/tfevents/records.py", "HEADER: Final = 12", "HEADER: Final = 11", "tfevents_records"),
    ("core/tfevents/search.py", 'name[0] != "."', 'name[0] != "e"', "tfevents_logdir"),
    ("core/tfevents/restarts.py", "MAX_WALL_TIME = 1e11", "MAX_WALL_TIME = 1e9",
     "tfevents_store"),
    ("core/tfevents/templates.py", "return bool(", "return True or bool(", "tfevents_reader"),
    ("core/tfevents/values.py", 'keep="\\n"', 'keep=""', "tfevents_reader"),
    ("core/tfevents/writer.py", "brain.Event:2", "brain.Event:1", "tfevents_writer"),
)  # fmt: skip


def copy_project(folder: Path) -> Path:
    """Copy the project into `folder`, and link the data next to it; return the copy's path."""
    copy = folder / ROOT.name
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    if (shared := ROOT.parent / "shared").is_dir():
        (folder / "shared").symlink_to(shared)
    return copy


def fails(copy: Path, test: str) -> bool:
    """Return whether a test file of the copy fails."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-x", f"tests/test_{test}.py"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        command, check=False, cwd=copy, capture_output=True, text=True, env=environment
    )
    if run.returncode not in (0, 1, 2):
        raise RuntimeError(f"{test}: {run.stdout[-400:]}{run.stderr[-400:]}")
    return run.returncode != 0


def main() -> int:
    selected = sys.argv[1:]
    unnoticed = 0
    passing: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(Path(folder))
        for name, old, new, test in MUTATIONS:
            if selected and name not in selected:
                continue
            if test not in passing and fails(copy, test):
                raise RuntimeError(f"tests/test_{test}.py fails without a change")
            passing.add(test)
            path, began = copy / name, time.monotonic()
            text = path.read_text()
            if old not in text:
                raise ValueError(f"{name} does not contain {old!r}")
            path.write_text(text.replace(old, new, 1))
            failed = fails(copy, test)
            path.write_text(text)
            unnoticed += not failed
            result = f"tests/test_{test}.py fails" if failed else "UNNOTICED"
            seconds = time.monotonic() - began
            print(f"{name}: {old!r} to {new!r}: {result} ({seconds:.0f} s)", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
