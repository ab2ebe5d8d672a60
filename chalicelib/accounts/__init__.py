"""Resellers, their customers and their API keys."""
