"""What asv follows from commit to commit: see docs/benchmarks.md."""
