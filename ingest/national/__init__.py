"""National files: what government publishes for every authority, received, read to text and accounted for."""
