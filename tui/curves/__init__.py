"""The lines of the charts of runs, and all charts of a run as one picture."""
