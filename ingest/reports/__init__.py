"""Covering reports in prose: paragraphs, claims by rules that are data, and which indicator a claim speaks of."""
