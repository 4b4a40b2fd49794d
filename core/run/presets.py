"""Well-known configurations, named after the scripts that they come from."""

from collections.abc import Mapping

from core.run.hparams import Value

PRESETS: Mapping[str, Mapping[str, Value]] = {
    "fully_connected_feed": {},
    "mnist_softmax_xla": {"hidden": (), "learning_rate": 0.5, "max_steps": 1000},
    "mnist_with_summaries": {
        "hidden": (500,),
        "optimizer": "adam",
        "learning_rate": 0.001,
        "dropout": 0.1,
        "max_steps": 1000,
        "eval_every": 10,
        "summary_every": 10,
    },
    "best": {
        "hidden": (512, 256),
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
