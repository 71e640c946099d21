"""Benchmarks: ``python3 -m dev bench [NAME...] [--customers N] [--rounds N]``.

Each compares the add-on with the least that the database itself can do for the same
rows, in one run on one database: only the ratios say something on another machine.
"""
