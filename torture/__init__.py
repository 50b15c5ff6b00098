"""Torture: refreshes that are killed, interrupted, starved of disk and read meanwhile, held against one that was not.

`make torture ARGS="--minutes 5 --seed 7"`. The same seed disturbs in the same order; when exactly a signal arrives the
machine decides. Belongs here: disturbing and comparing. What a refresh does is none of its business.
"""
