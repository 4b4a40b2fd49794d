"""Draw a small data set in colour, a folder for each class: `python colour_shapes.py shapes`.

Then `trainpad --dataset shapes --network 'conv 8 3x3, pool, conv 16 3x3, pool, 32'`.
"""

import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw

SIDE, EACH = 24, 150
CLASSES = ("blue circle", "green square", "red circle", "red square")
COLOURS = {"blue": (60, 90, 230), "green": (60, 190, 90), "red": (220, 60, 60)}


def shape(name: str, random_numbers: random.Random) -> Image.Image:
    """One picture of a class, at a random place on a dark ground."""
    colour, kind = name.split()
    ground = tuple(random_numbers.randrange(60) for _ in range(3))
    picture = Image.new("RGB", (SIDE, SIDE), ground)
    size = random_numbers.randrange(8, 16)
    x, y = (random_numbers.randrange(SIDE - size) for _ in range(2))
    ink = tuple(max(0, min(255, c + random_numbers.randrange(-40, 41))) for c in COLOURS[colour])
    draw = ImageDraw.Draw(picture)
    (draw.ellipse if kind == "circle" else draw.rectangle)((x, y, x + size, y + size), fill=ink)
    return picture


def main() -> None:
    """Write the pictures below the folder that is named."""
    random_numbers = random.Random(1)  # noqa: S311 - pictures, no secrets
    for name in CLASSES:
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True)
        for number in range(EACH):
            shape(name, random_numbers).save(folder / f"{number:03}.png")


if __name__ == "__main__":
    main()
