"""Project structure: layouts, and the tools that keep them."""
