"""Nothing that is pressed, clicked or resized breaks any screen, whatever it shows."""

from pathlib import Path

import pytest

from tests.helpers.random_walk_apps import WALKS


@pytest.mark.parametrize("name", WALKS)
async def test_a_random_walk_over_all_screens_ends_without_an_exception(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where pictures of the screen are saved
    monkeypatch.setattr("core.sweep.overview.importances", lambda _study: {})  # takes seconds
    walk = WALKS[name](tmp_path, seed=7)
    async with walk.app.run_test(size=(120, 35)) as pilot:
        await walk.go(pilot, 100 if name in ("live", "attached") else 30)
        assert walk.app.is_running, walk.done[-5:]
    assert "error" not in walk.left
