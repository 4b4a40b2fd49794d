"""Choose when a picture is "not sure": on MNIST's validation digits, changed as in `pictures.py`.

    python -m benchmarks.certainty --mnist FOLDER [--count 1200] [--refused 0.06]

To be run again for new built-in weights. No training saw these digits, and none is a test digit.
Prints for each ratio of the best class to the second, in the mean of several views and in one view,
the share of the right predictions that is refused and the share of the wrong ones that is, and the
largest ratio that refuses at most ``--refused`` of the right ones: `PICTURE_RATIO` is the ratio of
several views, rounded. Then the ratios that refuse so much of the wrong ones, and what each refuses
of the right ones. Cropped and stretched digits are left out.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.pictures import WAYS
from core.network.builtin import builtin_network
from core.network.certainty import CONFIDENCE_THRESHOLD, mean_of_views
from data.dataset import Split
from data.folder import open_folder
from data.ink_photo import find_digits

CHANGES = (
    *("as they are", "moved by (4,4)", "cropped", "thin", "thinner"),
    *("one-pixel pen", "thick", "at 60 %", "JPEG", "29x29"),
)
"""Those of `WAYS` after which the ink differs, but the slow one."""
RATIOS = (1, 2, 4, 8, 12, 18, 22, 27, 33, 40, 50, 60, 100, 200, 500, 1000)
SHARES = (0.9, 0.95, 0.98, 0.99, 1.0)
"""Of the wrong predictions."""


def changed(split: Split, name: str) -> np.ndarray:
    """What is found in pictures of these digits: ``[n, 28, 28]``."""
    pictures = (WAYS[name](image.reshape(28, 28).astype(float)) for image in split.images)
    greys = (np.asarray(picture.convert("L"), np.float32) / 255 for picture in pictures)
    return np.concatenate([find_digits(grey) for grey in greys])


def ratio_for(wrong: np.ndarray, share: float) -> float:
    """The least ratio that refuses at least this share of wrong predictions with these ratios."""
    last = np.sort(wrong)[max(0, int(np.ceil(share * len(wrong))) - 1)]
    return float(np.nextafter(last, np.inf))


def report(title: str, probabilities: np.ndarray, labels: np.ndarray, most: float) -> None:
    """Print what each ratio refuses, and the largest that refuses at most this share."""
    ordered = np.sort(probabilities, axis=1)
    confident = ordered[:, -1] >= CONFIDENCE_THRESHOLD
    ratio = np.where(confident, ordered[:, -1] / np.maximum(ordered[:, -2], 1e-9), 0)
    right = probabilities.argmax(axis=1) == labels
    print(f"{title}: {right.mean():.4f} right of {len(labels):,}")
    for least in RATIOS:
        refused = ratio < least
        print(
            f"  {least:5}   right {refused[right].mean():.4f}   wrong {refused[~right].mean():.4f}"
        )
    largest = np.quantile(ratio[right], most)
    caught = (ratio[~right] < largest).mean()
    print(f"  at {most} of the right: ratio {largest:.1f}, of the wrong {caught:.3f}", flush=True)
    for share in SHARES:
        needed = ratio_for(ratio[~right], share)
        refused = (ratio[right] < needed).mean()
        print(f"  {share:.0%} of the wrong: ratio {needed:.0f}, right {refused:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--refused", type=float, default=0.06)
    options = parser.parse_args()
    validation = open_folder(options.mnist).validation
    split = Split(validation.images[: options.count], validation.labels[: options.count])
    found = np.concatenate([changed(split, name) for name in CHANGES])
    labels = np.tile(split.labels, len(CHANGES))
    network = builtin_network()
    one = network.probabilities(found.reshape(len(found), -1))
    report("one view", one, labels, options.refused)
    report("several views", mean_of_views(network.probabilities, found), labels, options.refused)


if __name__ == "__main__":
    main()
