"""The Train screen of runs that other programs train: their metrics, values and output."""
