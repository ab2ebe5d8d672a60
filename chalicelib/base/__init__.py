"""Values, limits, and the only doors to AWS."""
