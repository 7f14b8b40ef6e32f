"""Event-driven architecture: events that arrive, once each that matters."""
