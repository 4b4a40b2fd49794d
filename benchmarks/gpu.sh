#!/usr/bin/env bash
# What a machine with a GPU shows: the doctor's word, the loss lines, and steps a second on the GPU
# beside the CPU, for the lab's network, a large one and two with convolutions. Usage: benchmarks/gpu.sh FOLDER_OF_MNIST
set -euo pipefail
data=${1:?the folder of MNIST}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
trainpad doctor || true
for device in gpu:0 cpu; do
  for network in 128,32 4096,4096 'conv 32 5x5, pool, conv 64 5x5, pool, 1024, dropout 0.4' \
    'conv 64 3x3, batchnorm, conv 64 3x3, batchnorm, pool, conv 128 3x3, batchnorm, global pool'; do
    echo "== $device, network $network"
    trainpad --headless --input_data_dir "$data" --log_dir "$log" --device "$device" \
      --network "$network" --max_steps 2000 --summary_every 500 | grep -E 'Step|Precision'
    python3 - "$log" <<'PY'
import sys, struct, pathlib
newest = max(pathlib.Path(sys.argv[1]).glob("*/clock.f64"), key=lambda p: p.stat().st_mtime)
data = newest.read_bytes()
pairs = list(struct.iter_unpack("<dd", data[: len(data) // 16 * 16]))
(a, t), (b, u) = pairs[0], pairs[-1]
print(f"{(b - a) / (u - t):,.0f} steps/s" if u > t else "too short to tell")
PY
  done
done
