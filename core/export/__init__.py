"""What leaves a run: tables, plots, notebooks, Keras models, command lines."""
