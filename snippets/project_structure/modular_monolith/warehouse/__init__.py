"""Keeps the stock. Knows nobody."""
