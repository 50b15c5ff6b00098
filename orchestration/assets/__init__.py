"""The assets, one module a stage: received and read, transformed, published."""
