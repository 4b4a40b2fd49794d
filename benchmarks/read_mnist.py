"""Time and memory of reading 70,000 images: ``python benchmarks/read_mnist.py [FOLDER]``."""

import argparse
import resource
import time
from pathlib import Path

from data.sources import load_dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="by default where trainpad looks")
    folder = parser.parse_args().folder
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    data = load_dataset(input_data_dir=folder, offline=True)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    arrays = sum(
        data.split(name).images.nbytes + data.split(name).labels.nbytes
        for name in ("train", "validation", "test")
    )
    print(f"{data.name} from {data.source}: {seconds:.3f} s")
    print(f"peak RSS {peak / 1024:.1f} MiB, of which {(peak - before) / 1024:.1f} MiB for reading")
    print(f"the arrays are {arrays / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
