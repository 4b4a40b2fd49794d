"""Well-known configurations, named after the scripts that they come from."""

from collections.abc import Mapping

from core.run.hparams import Value

PRESETS: Mapping[str, Mapping[str, Value]] = {
    "fully_connected_feed": {},
    "mnist_softmax_xla": {"network": "none", "learning_rate": 0.5, "max_steps": 1000},
    "mnist_with_summaries": {
        "network": "500",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "dropout": 0.1,
        "max_steps": 1000,
        "eval_every": 10,
        "summary_every": 10,
    },
    "mnist_deep": {
        "network": "conv 32 5x5, pool, conv 64 5x5, pool, 1024, dropout",
        "optimizer": "adam",
        "learning_rate": 0.0002,
        "schedule": "cosine",
        "batch_size": 50,
        "dropout": 0.5,
        "max_steps": 20000,
        "eval_every": 2000,
    },
    "best": {
        "network": "512, 256",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "schedule": "cosine",
        "max_steps": 12000,
        "shift": 1.0,
        "rotate": 10.0,
        "scale": 0.1,
        "shear": 0.1,
    },
}
"""The hyperparameters of each preset; the others have their defaults."""
