"""Quarterly dashboards: lines to rows of text cells, with an account of every line.

Belongs here: identity, layouts and the reading itself. Nothing is converted to a number.
"""
