"""A JAX loop with optax, watched and steered: `python examples/jax_loop.py [STEPS]`.

`optax.inject_hyperparams` keeps the learning rate in the optimizer's state, where a new one is put
without compiling anything again. While it runs: ``trainpad set lr=0.01``, ``trainpad pause``.
"""

import sys

import jax
import jax.numpy as jnp
import optax

import trainpad


def main(steps: int = 5000) -> None:
    """Train a small network on noisy patterns."""
    keys = jax.random.split(jax.random.key(1), 3)
    patterns = jax.random.normal(keys[0], (10, 64))
    params = {
        "hidden": jax.random.normal(keys[1], (64, 64)) / 8,
        "out": jax.random.normal(keys[2], (64, 10)) / 8,
    }
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=0.1)
    state = optimizer.init(params)

    def loss_of(params, images, labels):
        scores = jax.nn.relu(images @ params["hidden"]) @ params["out"]
        return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean()

    @jax.jit
    def train_step(params, state, key):
        pick, noise = jax.random.split(key)
        labels = jax.random.randint(pick, (50,), 0, 10)
        images = patterns[labels] + 2 * jax.random.normal(noise, (50, 64))
        loss, gradients = jax.value_and_grad(loss_of)(params, images, labels)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, loss

    with trainpad.init("jax", steps=steps) as run:
        lr = run.live("lr", 0.1, low=1e-5, high=10.0)
        for step in range(steps):
            state.hyperparams["learning_rate"] = jnp.asarray(lr.value)
            params, state, loss = train_step(params, state, jax.random.key(step))
            run.log({"loss": loss, "lr": lr.value}, step)
            if not run.tick():
                break
            if run.save_requested and run.path:
                jnp.savez(run.path / "params.npz", **params)
                run.saved("params.npz")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
