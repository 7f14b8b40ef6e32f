"""The shop: one service that puts the patterns of this guide together."""
