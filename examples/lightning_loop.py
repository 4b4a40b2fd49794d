"""A Lightning Trainer, watched and steered: `python examples/lightning_loop.py [STEPS]`.

While it runs, in another terminal: ``trainpad status --watch``, ``trainpad set lr=0.01``,
``trainpad pause``, ``trainpad save``, ``trainpad stop``.
"""

import sys
import tempfile

import lightning
import torch

import trainpad


class Digits(lightning.LightningModule):
    """A small network on noisy patterns."""

    def __init__(self) -> None:
        super().__init__()
        self.network = torch.nn.Sequential(
            torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
        )

    def training_step(self, batch: list[torch.Tensor]) -> torch.Tensor:
        """Return the loss of a batch."""
        images, labels = batch
        loss = torch.nn.functional.cross_entropy(self.network(images), labels)
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the optimizer."""
        return torch.optim.SGD(self.parameters(), lr=0.1)


def main(steps: int = 5000) -> None:
    """Train."""
    torch.manual_seed(1)
    labels = torch.randint(0, 10, (1000,))
    images = torch.randn(10, 64)[labels] + 2 * torch.randn(1000, 64)
    data = torch.utils.data.TensorDataset(images, labels)
    trainer = lightning.Trainer(
        max_steps=steps,
        logger=trainpad.lightning.TrainpadLogger(project="lightning", steps=steps),
        callbacks=[trainpad.lightning.TrainpadCallback()],
        enable_progress_bar=False,
        accelerator="cpu",
        default_root_dir=tempfile.mkdtemp(),
        enable_checkpointing=False,
        log_every_n_steps=10,
    )
    trainer.fit(Digits(), torch.utils.data.DataLoader(data, batch_size=50, shuffle=True))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
