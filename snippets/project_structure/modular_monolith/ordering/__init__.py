"""Takes orders. Calls the warehouse."""
