"""A Hugging Face Trainer, watched and steered: `python examples/transformers_loop.py [STEPS]`.

While it runs, in another terminal: ``trainpad status --watch``, ``trainpad set lr_scale=0.1``,
``trainpad evaluate``, ``trainpad save``, ``trainpad stop``.
"""

import sys
import tempfile

import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

import trainpad


class Sentences(torch.utils.data.Dataset):
    """Made-up sentences: the class is the word that comes most often."""

    def __init__(self, count: int, seed: int) -> None:
        self.words = torch.randint(0, 4, (count, 9), generator=torch.Generator().manual_seed(seed))

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        words = self.words[index]
        return {"input_ids": words, "labels": torch.bincount(words, minlength=4).argmax()}


def main(steps: int = 2000) -> None:
    """Train a tiny BERT from nothing; no weights are fetched."""
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertForSequenceClassification(
        BertConfig(vocab_size=4, intermediate_size=64, num_labels=4, **size)
    )
    args = TrainingArguments(
        tempfile.mkdtemp(),
        max_steps=steps,
        logging_steps=10,
        per_device_train_batch_size=16,
        learning_rate=1e-3,
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        eval_strategy="steps",
        eval_steps=10**9,
        save_steps=10**9,
    )
    watch = trainpad.transformers.TrainpadCallback(project="transformers")
    trainer = Trainer(
        model,
        args,
        train_dataset=Sentences(2000, 1),
        eval_dataset=Sentences(200, 2),
        callbacks=[watch],
    )
    trainer.train()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
