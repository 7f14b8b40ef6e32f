"""What pages claim about speed, measured: ``make bench``.

A bench is a module ``tests/bench/<topic>/<name>.py``: what it measures, and the
ways to do it, each as short as a reader would write it.
"""
