"""The process around a run: terminal, threads, output redirection, system statistics."""
