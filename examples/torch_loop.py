"""A PyTorch loop, watched and steered: `python examples/torch_loop.py [STEPS]`.

While it runs, in another terminal:

    trainpad status --watch
    trainpad set lr_scale=0.1
    trainpad pause
    trainpad save --wait 10
"""

import sys

import torch

import trainpad


def main(steps: int = 5000) -> None:
    """Train a small network on noisy patterns."""
    torch.manual_seed(1)
    patterns = torch.randn(10, 64)
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(64, 10)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    run = trainpad.init("torch", config={"batch": 50}, steps=steps)
    run.attach(optimizer, scheduler)
    for step in range(steps):
        labels = torch.randint(0, 10, (50,))
        images = patterns[labels] + 2 * torch.randn(50, 64)
        scores = model(images)
        loss = torch.nn.functional.cross_entropy(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        run.log({"loss": loss, "accuracy": (scores.argmax(1) == labels).float().mean()}, step)
        if not run.tick():
            break
        if run.save_requested and run.path:
            torch.save(model.state_dict(), run.path / "model.pt")
            run.saved("model.pt")
        if step % 1000 == 999:
            run.log_confusion(labels, scores)
            run.log_weights(model)
    run.finish()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
