"""A plain script that prints the lab's lines and imports nothing of trainpad.

    trainpad run python examples/lab_lines.py --max_steps 20000

A network of one hidden layer learns ten noisy patterns, by gradient descent in numpy. `trainpad
run` finds the loss and the precision in what it prints.
"""

import argparse
import time

import numpy as np

PIXELS, HIDDEN, CLASSES = 196, 32, 10
SPLITS = {"Training": 20_000, "Validation": 1000, "Test": 1000}


def make_data(rng):
    """Return for each split its images, float32 ``[n, pixels]``, and labels ``[n]``."""
    patterns = rng.normal(size=(CLASSES, PIXELS))
    data = {}
    for split, count in SPLITS.items():
        labels = rng.integers(0, CLASSES, count)
        noise = rng.normal(scale=6.0, size=(count, PIXELS))
        data[split] = (patterns[labels] + noise).astype(np.float32), labels
    return data


def forward(weights, images):
    """Return the hidden units and the probability of each class."""
    hidden = np.maximum(images @ weights[0] + weights[1], 0)
    logits = hidden @ weights[2] + weights[3]
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    return hidden, scores / scores.sum(axis=1, keepdims=True)


def train_step(weights, images, labels, rate):
    """Change the weights by one step of gradient descent; return the loss before it."""
    hidden, probabilities = forward(weights, images)
    rows = np.arange(len(labels))
    loss = -np.log(probabilities[rows, labels] + 1e-12).mean()
    error = probabilities
    error[rows, labels] -= 1
    error /= len(labels)
    back = (error @ weights[2].T) * (hidden > 0)
    gradients = images.T @ back, back.sum(0), hidden.T @ error, error.sum(0)
    for weight, gradient in zip(weights, gradients, strict=True):
        np.subtract(weight, rate * gradient, out=weight)
    return loss


def evaluate(weights, data):
    """Print how many examples of each split are classified correctly."""
    for split, (images, labels) in data.items():
        correct = int((forward(weights, images)[1].argmax(axis=1) == labels).sum())
        print(f"{split} Data Eval:")
        print(
            f"  Num examples: {len(labels)}  Num correct: {correct}  "
            f"Precision @ 1: {correct / len(labels):0.4f}"
        )


def main():
    """Train, and print a line every hundred steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--max_steps", type=int, default=5000)
    parser.add_argument("--learning_rate", type=float, default=0.01)
    arguments = parser.parse_args()
    rng = np.random.default_rng(1)
    data = make_data(rng)
    images, labels = data["Training"]
    weights = [
        rng.normal(scale=PIXELS**-0.5, size=(PIXELS, HIDDEN)), np.zeros(HIDDEN),
        rng.normal(scale=HIDDEN**-0.5, size=(HIDDEN, CLASSES)), np.zeros(CLASSES),
    ]  # fmt: skip
    for step in range(arguments.max_steps):
        begun = time.time()
        batch = rng.integers(0, len(labels), 100)
        loss = train_step(weights, images[batch], labels[batch], arguments.learning_rate)
        if step % 100 == 0:
            print(f"Step {step}: loss = {loss:.2f} ({time.time() - begun:.3f} sec)")
        if (step + 1) % 1000 == 0 or step + 1 == arguments.max_steps:
            evaluate(weights, data)


if __name__ == "__main__":
    main()
