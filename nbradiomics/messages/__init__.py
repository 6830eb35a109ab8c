"""Texts for users: findings, numbers in words, suggestions for a misspelt name."""
