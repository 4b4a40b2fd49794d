"""From a request to a training: in the dashboard, headless or detached."""
