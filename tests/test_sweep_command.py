"""The commands `sweep` and `study`, and a study in a file."""

from pathlib import Path

from click.testing import CliRunner

from core.sweep.folder import StudyFolder
from core.sweep.study import Study
from main import cli
from tests.helpers.sweep import description, quick_children

__all__ = ["quick_children"]


def test_the_command_line(tmp_path: Path, quick_children: list[object]) -> None:
    folder = str(tmp_path / "s")
    runner = CliRunner()

    def run(*arguments: str) -> str:
        result = runner.invoke(cli, arguments)
        return result.output if not result.exception else str(result.exception)

    base = ("sweep", "--study", folder, "--trials", "2", "--jobs", "1")
    program = ("--x", "0.0..5.0", "--", "script", "{x}", "{seed}")
    assert "--goal NAME is needed" in run(*base, *program)
    output = run(*base, "--goal", "score", *program)
    assert "best: trial" in output
    assert "script " in output
    assert "is another study: its space" in run(
        *base, "--goal", "score", "--x", "0..4", *program[2:]
    )
    assert "is another study: its seed" in run(*base, "--seed", "3")
    assert "is another study: its space" in run("sweep", "--study", folder, "--x", "0.0..3.0")
    assert "study s: 2 trials, 1 at a time" in run("sweep", "--study", folder).replace(folder, "s")
    assert "trial 99 is not training" in run("study", folder, "stop-trial", "99")
    assert "  stop-trial N           stop one trial" in run("study", "--help")
    queued = run("study", folder, "queue", "x=2.5")
    assert queued.startswith("s: queued x=2.5; no sweep runs this study: `trainpad sweep --study ")
    assert "trial 2: x 2.5" in run("sweep", "--study", folder, "--trials", "3")
    assert "x must be a number in 0.0..5.0" in run("study", folder, "queue", "x=7")
    assert "'jump' is no request" in run("study", folder, "jump")
    assert run("study", folder, "--command").startswith("script ")
    assert len(run("study", folder, "--csv").splitlines()) == 4
    assert len(run("study", folder, "--json").splitlines()) == 3
    exported = ("export", folder, "--csv", "--command")
    assert run(*exported) == run("study", folder, "--csv") + run("study", folder, "--command")
    assert run("export", folder, "--csv", "-") == run("study", folder, "--csv")
    assert run("export", folder, "--json") == run("study", folder, "--json")
    assert "give at least one of --csv" in run("export", folder)
    assert "not --png" in run("export", folder, "--png", "a.png")
    assert "--importance is for a study" in run("export", str(tmp_path), "--importance")
    assert run("export", folder, "--csv", str(tmp_path / "a.csv")).startswith("trainpad: wrote ")
    assert "--force replaces it" in run("export", folder, "--csv", str(tmp_path / "a.csv"))
    assert "is not a study" in run("study", str(tmp_path))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "neither a study nor" in run("sweep", "--study", str(tmp_path / "full"), *program)


def test_our_own_flags_are_checked_before_anything_runs(tmp_path: Path) -> None:
    runner = CliRunner()
    for arguments, words in (
        (["--learning_rate", "1..0.1"], "is empty"),
        (["--max_steps", "10"], "nothing is varied"),
        (["--lerning_rate", "1..2"], "No such option"),
        (["--learning_rate", "0.1..1", "--resume", "a"], "no meaning in a sweep"),
        (["--learning_rate", "0.1..1", "--jobs", "0"], "--jobs must be"),
        (["--learning_rate", "0.1..1", "--time", "soon"], "--time must be"),
        (["--learning_rate", "0.1..1", "--goal", "score"], "the goal must be"),
        (["--learning_rate", "0.1..1", "--sampler", "grid"], "how many values"),
        (["--fingerprint", "1..2"], "takes no range"),
        (["--learning_rate", "0.1..1", "oops"], "unexpected argument"),
        (["--from", str(tmp_path / "no.toml")], "cannot be read"),
    ):
        result = runner.invoke(cli, ["sweep", "--study", str(tmp_path / "s"), *arguments])
        text = f"{result.output} {result.exception}"
        assert words in text, (arguments, text)
        assert not (tmp_path / "s").exists()


def test_a_file_holds_a_whole_study(tmp_path: Path, quick_children: list[object]) -> None:
    file = tmp_path / "study.toml"
    file.write_text(
        'trials = 2\njobs = 1\ngoal = "score"\nprogram = ["script", "{x}", "{seed}"]\n'
        f'study = "{tmp_path / "s"}"\n[space]\nx = "0.0..5.0"\n'
    )
    result = CliRunner().invoke(cli, ["sweep", "--from", str(file)])
    assert "best: trial" in result.output, (result.output, result.exception)
    assert len(Study(StudyFolder(tmp_path / "s"), description({"x": "0.0..5.0"})).trials()) == 2
    file.write_text("trails = 2\n")
    result = CliRunner().invoke(cli, ["sweep", "--from", str(file)])
    assert "'trails' is no option of a sweep" in str(result.exception)
