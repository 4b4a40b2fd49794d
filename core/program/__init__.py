"""Any program, started and supervised: what `trainpad run` does."""
