"""What comes back: the service's envelope, error bodies, the table of codes."""
