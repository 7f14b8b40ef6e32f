"""Mutation testing, which is ``make mutants``: `targets` says what is changed,
`mutants` how, `worker` tries each, the main program asks for them and reports.
"""
