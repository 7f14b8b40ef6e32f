"""API design: HTTP interfaces that clients can rely on, and retry."""
