"""What all screens of the dashboard share."""
