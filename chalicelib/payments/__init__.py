"""Debt positions and what belongs to them: numbers, notices, amounts."""
