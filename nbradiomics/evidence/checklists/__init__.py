"""Published checklists, filled in as far as a run can prove the answers."""
