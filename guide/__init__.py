"""The machinery of the guide; each part knows only those below it.

site        builds the pages: directives, reference, diagrams, search, theme
decide      the decision flow: its pages, records, zips, command line
evidence    the report of the last test run: which test ran which line
checks      what must hold of the tree and no test run shows
snippets    what pages show, and where they do
layout      where things are and what they are called
"""
