"""What people are told: findings, numbers in words, suggestions for a misspelt name."""
