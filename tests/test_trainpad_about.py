"""What `run.json` says about the program that trains."""

import pytest

from trainpad.about import hidden_secrets

H = "<hidden>"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("--token hf_1 --epochs 3", f"--token {H} --epochs 3"),
        ("--hub_token=hf_1=2", f"--hub_token={H}"),
        ("--api-key x --password y", f"--api-key {H} --password {H}"),
        (
            "HF_TOKEN=x WANDB_API_KEY=y wandb.api_key=z",
            f"HF_TOKEN={H} WANDB_API_KEY={H} wandb.api_key={H}",
        ),
        ("--data https://me:pw@host/x.tar s3://a@b", f"--data https://{H}@host/x.tar s3://{H}@b"),
        ("--max_tokens 512 --max-tokens=1e6 --tokenizer gpt2", ""),
        ("--use-token --lr 0.1", ""),
        ("train.py --lr=0.1 model=base me@host", ""),
    ],
)
def test_secrets_of_a_command_line_are_hidden(words: str, shown: str) -> None:
    assert " ".join(hidden_secrets(words.split())) == (shown or words)


def test_code_in_a_command_line_is_kept() -> None:
    words = ["python", "-c", "import x\ntoken = load()\nx.train(token=token)"]
    assert hidden_secrets(words) == words
