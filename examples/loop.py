"""A training without any framework, watched and steered: `python examples/loop.py [STEPS]`.

It fits a line to noisy points by gradient descent. While it runs, in another terminal:

    trainpad status --watch
    trainpad set lr=0.01
    trainpad pause
    trainpad save
"""

import random
import sys
import time

import trainpad


def main(steps: int = 3000, seconds: float = 0.01) -> None:
    """Train; each step takes so many seconds, so that there is something to watch."""
    rng = random.Random(1)  # noqa: S311 - noise, not a secret
    points = [(x / 50, 3 * x / 50 - 1 + rng.gauss(0, 0.1)) for x in range(-50, 50)]
    slope = offset = 0.0
    with trainpad.init("line", config={"points": len(points)}, steps=steps) as run:
        lr = run.live("lr", 0.1, low=1e-4, high=1.0)
        for step in range(steps):
            x, y = rng.choice(points)
            error = slope * x + offset - y
            slope -= lr.value * error * x
            offset -= lr.value * error
            run.log({"loss": error * error, "weights": {"slope": slope, "offset": offset}}, step)
            if not run.tick():
                break
            if run.save_requested and run.path:
                (run.path / "line.txt").write_text(f"{slope} {offset}\n")
                run.saved("line.txt")
            if run.evaluate_requested:
                mean = sum((slope * x + offset - y) ** 2 for x, y in points) / len(points)
                run.log({"val": {"loss": mean}}, step)
            time.sleep(seconds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
