"""What each feature means: name, definition, IBSI code, unit, range, and what changes its value."""
