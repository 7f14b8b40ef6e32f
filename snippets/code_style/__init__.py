"""Code style: what a reviewer should not have to say twice."""
