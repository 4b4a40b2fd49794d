"""One constant of each file of `core` made another: a test has to notice.

    python benchmarks/mutations.py [FILE...]

Each line of `MUTATIONS` is a file, what stands in it, what is put there instead, and the test file
that should fail then. Everything happens in a copy of the project. Ends with status 1 where a
change went unnoticed.
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
    ("network/health.py", "SHARE = 0.25", "SHARE = 0.95", "health"),
    ("training/augment.py", "3.14159265 / 180", "3.14159265 / 90", "augment"),
    ("network/builtin.py", '"builtin.safetensors"', '"builtin"', "classify"),
    ("rundir/checkpoint.py", "KEEP = 5", "KEEP = 4", "checkpoint"),
    ("cli/classify.py", 'no digit found"', 'none"', "classify"),
    ("training/cluster.py", "index == 0", "index == 1", "distributed"),
    ("rundir/control.py", "LIMIT = 64 * 1024", "LIMIT = 64", "control"),
    ("cli/data_command.py", "image_shape[1] + 1", "image_shape[1] + 99", "data_command"),
    ("session/detached.py", "not signals.reason", "signals.reason", "detached"),
    ("training/device.py", "use --device cpu", "use --cpu", "engine"),
    ("rundir/deletion.py", '"clock.f64",', '"clock.f32",', "discard"),
    ("cli/doctor.py", "(3, 11) <=", "(3, 99) <=", "doctor"),
    ("cli/doctor_device.py", '"0x10de"', '"0x10df"', "doctor"),
    ("training/early_stopping.py", "_since_best += 1", "_since_best += 2", "early_stopping"),
    ("training/engine.py", "* PIXEL_SCALE", "* 0.9 * PIXEL_SCALE", "engine"),
    ("run/status.py", "RunStatus.TRAINING, RunStatus.PAUSED)", "RunStatus.TRAINING)", "run"),
    ("export/export.py", 'STDOUT = "-"', 'STDOUT = "--"', "export"),
    ("export/reproduce.py", "(Outcome.STOPPED, Outcome", "(Outcome", "export"),
    ("export/keras_model.py", "network.sizes[0]", "network.sizes[1]", "export"),
    ("export/notebook.py", "<f4", "<f8", "export"),
    ("export/plot.py", "DPI = 150", "DPI = 15", "export"),
    ("export/options.py", "len(runs) > 1", "len(runs) > 2", "export"),
    ("export/tables.py", "CHUNK = 100_000", "CHUNK = 0", "export"),
    ("rundir/files.py", "0o600", "0o644", "files"),
    ("cli/findings.py", "status |=", "status &=", "doctor"),
    ("cli/flags.py", '"--help", "-h"', '"--help"', "cli"),
    ("rundir/reader.py", "PIECES: Final = 500", "PIECES: Final = 0", "follow"),
    ("rundir/validation.py", "len(entry) != 3", "len(entry) != 2", "foreign"),
    ("process/threads.py", "10_000, 20", "700, 10", "threads"),
    ("process/system_stats.py", "seconds < 1", "seconds < 9", "system_stats"),
    ("session/headless.py", "= 0, 1, 3, 130", "= 0, 1, 4, 130", "headless"),
    ("run/hparams.py", "len(parts) > 16", "len(parts) > 1", "hparams"),
    ("session/lab_output.py", '"Training"', '"Train"', "lab_output"),
    ("process/launcher.py", "128 - code", "127 - code", "tty"),
    ("training/model.py", 'split("/", 1)[1]', 'split("/", 1)[0]', "engine"),
    ("network/adam.py", "0.9, 0.999, 1e-8", "0.9, 0.99, 1e-8", "adam"),
    ("cli/runs.py", "[::-1]", "[::1]", "cli_runs"),
    ("tfevents/logdir.py", "SEARCH_PAUSE_FACTOR: Final = 20", "SEARCH_PAUSE_FACTOR: Final = 2000",
     "tfevents_logdir"),
    ("run/metrics.py", "2 * right", "3 * right", "metrics"),
    ("network/predictions.py", "self.classes**2", "self.classes**1", "predictions"),
    ("network/network.py", "weights.shape[1] !=", "weights.shape[0] !=", "network"),
    ("training/rng_tf.py", "2.0**-24", "2.0**-23", "rng_tf"),
    ("rundir/notes.py", "TEXT_LENGTH = 80", "TEXT_LENGTH = 3", "export"),
    ("training/stream.py", ">= self._examples", ">= 0", "stream"),
    ("process/redirect.py", "os.dup2(log, 1)", "os.dup2(log, 2)", "redirect"),
    ("rundir/overview.py", 'or "softmax"', 'or "none"', "overview"),
    ("training/chunking.py", "TARGET_SECONDS = 0.06", "TARGET_SECONDS = 0.6", "chunking"),
    ("run/presets.py", "0.5", "0.05", "hparams"),
    ("process/threads.py", "max(now, NICE)", "min(now, NICE)", "threads"),
    ("process/threads.py", "() - SYNCHRONOUS", "() & SYNCHRONOUS", "threads"),
    ("run/pyramid.py", "starts[:-1] < starts", "starts[:-1] <= starts", "series"),
    ("training/rng.py", "> 2).any()", "> 3).any()", "rng"),
    ("rundir/ranking.py", "else -1.0", "else 1.0", "record"),
    ("network/classifier.py", "_THRESHOLD = 0.7", "_THRESHOLD = 0.2", "classify"),
    ("rundir/recorder.py", "HEARTBEAT = 1.0", "HEARTBEAT = 1000.0", "record"),
    ("session/request.py", "len(named) > 1", "len(named) > 2", "cli"),
    ("rundir/resume.py", "change[0] >= start.step", "change[0] > start.step", "resume"),
    ("run/state.py", "event.first + len(event.losses)", "event.first", "run"),
    ("rundir/rundir.py", "ATTEMPTS, WAIT = 10, 0.02", "ATTEMPTS, WAIT = 0, 0.02", "rundir"),
    ("rundir/status.py", "FRESH: Final = 3.0", "FRESH: Final = 300.0", "runs"),
    ("run/schedules.py", "rise * 0.5", "rise * 0.4", "schedules"),
    ("run/series.py", "self.steps[-1]", "self.steps[0]", "series"),
    ("session/session.py", "[:200]", "[:2]", "session"),
    ("run/smoothing.py", "arange(1.0", "arange(2.0", "series"),
    ("rundir/data_source.py", '"fake_data"', '"fake"', "request"),
    ("training/distributed.py", "BROADCAST_BYTES = 2048", "BROADCAST_BYTES = 8", "distributed"),
    ("session/summaries.py", "INPUT_IMAGES = 10", "INPUT_IMAGES = 9", "summaries"),
    ("network/finetune.py", "STEPS = 120", "STEPS = 1", "finetune"),
    ("run/timeline.py", "left=-np.inf", "left=np.inf", "series"),
    ("training/loop.py", "if step else 1", "if step else 2", "loop"),
    ("process/tty.py", "?1049l", "?1048l", "tty"),
    ("training/divergence.py", "CHANCE_FACTOR = 3.0", "CHANCE_FACTOR = 300.0", "divergence"),
    ("tfevents/bounded.py", "len(items) < 3", "len(items) < 300", "tfevents_store"),
    ("tfevents/encode.py", "BUCKETS: Final = 30", "BUCKETS: Final = 3", "tfevents_writer"),
    ("tfevents/graph.py", '"linear"', '"relu"', "tfevents_graph"),
    ("tfevents/messages.py", "type_name[:-2]", "type_name[:-1]", "tfevents_reader"),
    ("tfevents/pending.py", "1 << 7 *", "1 << 8 *", "tfevents_reader"),
    ("tfevents/reader.py", "MAX_TAGS: Final = 20_000", "MAX_TAGS: Final = 2", "tfevents_damage"),
    ("tfevents/records.py", "HEADER: Final = 12", "HEADER: Final = 11", "tfevents_records"),
    ("tfevents/search.py", 'name[0] != "."', 'name[0] != "e"', "tfevents_logdir"),
    ("tfevents/store.py", "MAX_WALL_TIME: Final = 1e11", "MAX_WALL_TIME: Final = 1e9",
     "tfevents_store"),
    ("tfevents/templates.py", "return bool(", "return True or bool(", "tfevents_reader"),
    ("tfevents/values.py", 'keep="\\n"', 'keep=""', "tfevents_reader"),
    ("tfevents/writer.py", "brain.Event:2", "brain.Event:1", "tfevents_writer"),
)  # fmt: skip


def copied(folder: Path) -> Path:
    """The project as it stands, in a folder of its own; the data beside it stay where they are."""
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
    """Whether a test file of the copy fails."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-x", f"tests/test_{test}.py"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        command, check=False, cwd=copy, capture_output=True, text=True, env=environment
    )
    if run.returncode not in (0, 1, 2):
        raise RuntimeError(f"{test}: {run.stdout[-400:]}{run.stderr[-400:]}")
    return run.returncode != 0


def main() -> int:
    wanted = sys.argv[1:]
    unnoticed = 0
    sound: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        for name, old, new, test in MUTATIONS:
            if wanted and name not in wanted:
                continue
            if test not in sound and fails(copy, test):
                raise RuntimeError(f"tests/test_{test}.py fails as it is")
            sound.add(test)
            path, began = copy / "core" / name, time.monotonic()
            text = path.read_text()
            if old not in text:
                raise ValueError(f"{name} does not hold {old!r}")
            path.write_text(text.replace(old, new, 1))
            noticed = fails(copy, test)
            path.write_text(text)
            unnoticed += not noticed
            told = f"tests/test_{test}.py fails" if noticed else "UNNOTICED"
            seconds = time.monotonic() - began
            print(f"core/{name}: {old!r} to {new!r}: {told} ({seconds:.0f} s)", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
