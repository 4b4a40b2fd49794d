"""What several test modules share: data, runs, apps and terminals made for tests."""
