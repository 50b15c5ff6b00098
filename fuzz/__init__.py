"""Damaged editions by the thousand: every figure is unique, so each that arrives is held against where it was printed.

``python -m fuzz --minutes 5 --seed 7`` (``make fuzz ARGS="..."``) ends with 1 where an invariant broke.
"""
