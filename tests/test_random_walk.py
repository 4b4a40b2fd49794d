"""Nothing that is pressed, clicked or resized breaks the dashboard."""

from pathlib import Path

import pytest

from tests.helpers.random_walk import AttachedWalk, Walk


@pytest.mark.parametrize("kind", [Walk, AttachedWalk])
async def test_a_random_walk_over_all_screens_ends_without_an_exception(
    tmp_path: Path, kind: type[Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where pictures of the screen are saved
    walk = kind(tmp_path, seed=7)
    async with walk.app.run_test(size=(120, 35)) as pilot:
        await walk.go(pilot, 200)
        assert walk.app.is_running, walk.done[-5:]
    assert "error" not in walk.left
