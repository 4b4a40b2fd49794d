"""The README's training: five lines are trainpad's. `python examples/five_lines.py`."""

import math
import time

import trainpad  # 1

run = trainpad.init("first", steps=2000)  # 2
lr = run.live("lr", 0.1, low=1e-4, high=1.0)  # 3
x = 4.0
for step in range(2000):
    x -= lr.value * (x + math.sin(step))
    time.sleep(0.05)  # your training
    run.log({"loss": x * x}, step)  # 4
    if not run.tick():  # 5
        break
