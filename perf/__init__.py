"""Speed and memory of Quarterdeck, measured as ratios inside one run; see perf/README.md."""
