"""Domain-driven design: entities, value objects, aggregates, events."""
