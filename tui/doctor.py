"""The terminal checks of `trainpad doctor`: size, colours, characters, mouse, connection.

No query is sent to the terminal, since its reply could end up in the shell; the environment,
terminfo and Rich, which chooses the colours for Textual, are enough.
"""

import curses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from core.cli.findings import Finding, hint, ok
from trainpad.files import read_plain
from tui.terminal.environment import Pace, needs_ascii

WIDTH, HEIGHT = 80, 24
LOGIND: Final = (Path("/etc/systemd/logind.conf"), Path("/etc/systemd/logind.conf.d"))
LINGER: Final = Path("/var/lib/systemd/linger")
MAX_BYTES: Final = 1 << 20
"""How much of a configuration file is read."""


def check_terminal() -> Iterator[Finding]:
    """Findings on this terminal."""
    env = os.environ
    if not os.isatty(1) or not os.isatty(0) or env.get("TERM") == "dumb":
        text = "standard output is not a terminal; training prints lines, as with --headless"
        yield hint("terminal", "screen", text)
        return
    yield size(*os.get_terminal_size(1))
    yield colours(env, Console(force_terminal=True).color_system)
    yield characters(env, ascii_only=needs_ascii())
    yield mouse(env, knows_mouse=_knows_mouse(env.get("TERM", "")))
    yield connection(env, Pace.resolve())
    yield from logout(env, kills=kills_on_logout(LOGIND), lingers=_lingers())


def size(columns: int, rows: int) -> Finding:
    """Whether all screens fit."""
    if columns < WIDTH or rows < HEIGHT:
        text = (
            f"{columns}x{rows}; the screens need {WIDTH}x{HEIGHT}: enlarge it, or shrink its font"
        )
        return hint("terminal", "size", text)
    return ok("terminal", "size", f"{columns}x{rows}")


def colours(env: Mapping[str, str], system: str | None) -> Finding:
    """The number of colours, and how to get more."""
    if "NO_COLOR" in env:
        return ok("terminal", "colours", "none, as NO_COLOR is set; `unset NO_COLOR` enables them")
    if system == "truecolor":
        return ok("terminal", "colours", "16 million")
    if system == "256":
        return ok(
            "terminal",
            "colours",
            "256; if the terminal can show more: `export COLORTERM=truecolor`",
        )
    return hint(
        "terminal",
        "colours",
        f"16, for TERM={env.get('TERM', '')}; most terminals support `export TERM=xterm-256color`",
    )


def characters(env: Mapping[str, str], *, ascii_only: bool) -> Finding:
    """Whether curves are drawn in braille or in ASCII."""
    if not ascii_only:
        return ok("terminal", "characters", "Unicode: curves in braille, pictures in half blocks")
    if env.get("TERM") == "linux":
        text = (
            "ASCII: the Linux console has no braille; a terminal window or ssh shows finer curves"
        )
    else:
        text = "ASCII, as the locale is not UTF-8; `export LC_ALL=C.UTF-8` gives finer curves"
    return hint("terminal", "characters", text)


def mouse(env: Mapping[str, str], *, knows_mouse: bool) -> Finding:
    """Whether the pad can be drawn on with the mouse."""
    if not knows_mouse:
        text = (
            f"none for TERM={env.get('TERM', '')}; on the pad, draw with the arrow keys and space"
        )
        return hint("terminal", "mouse", text)
    if "STY" in env:
        return ok(
            "terminal", "mouse", "yes, if screen passes it on; otherwise the arrow keys and space"
        )
    return ok("terminal", "mouse", "yes; hold shift to select text")


def connection(env: Mapping[str, str], pace: Pace) -> Finding:
    """Local or over SSH, and the limits on screen updates."""
    through = " inside tmux" if "TMUX" in env else " inside screen" if "STY" in env else ""
    if pace.bytes_per_second is None:
        return ok("terminal", "line", f"local{through}: {pace.fps:g} frames a second")
    limits = f"{pace.fps:g} frames and {pace.bytes_per_second:,.0f} bytes a second at most"
    return ok("terminal", "line", f"over SSH{through}: {limits}; `ssh -C` reduces that further")


def logout(env: Mapping[str, str], *, kills: bool, lingers: bool) -> Iterator[Finding]:
    """Whether a run continues after logout."""
    if "SLURM_JOB_ID" in env:
        text = (
            f"Slurm ends everything in job {env['SLURM_JOB_ID']} with the job; give it enough time"
        )
        yield hint("terminal", "logout", text)
    elif kills and not lingers:
        text = (
            "this machine ends your processes when you log out; `loginctl enable-linger` keeps them"
        )
        yield hint("terminal", "logout", text)
    else:
        yield ok("terminal", "logout", "training continues without the terminal")


def kills_on_logout(places: tuple[Path, ...]) -> bool:
    """Whether logind kills a user's processes at logout; later files override earlier ones."""
    files = [f for place in places for f in (sorted(place.glob("*.conf")) or [place])]
    kills = False
    for path in files:
        try:
            lines = read_plain(path, MAX_BYTES).decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition("=")
            if name.strip() == "KillUserProcesses":
                kills = value.strip().lower() in ("yes", "true", "1", "on")
    return kills


def _lingers() -> bool:
    return (LINGER / os.environ.get("USER", "-")).exists()


def _knows_mouse(term: str) -> bool:
    try:
        curses.setupterm(term, 1)
    except curses.error:
        return False
    return curses.tigetstr("kmous") is not None
