"""The options that a user writes into `trainpad.toml`: read once, checked, never written."""
