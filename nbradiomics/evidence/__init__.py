"""What a run can prove of itself: facts with the files that they came from, checklists, and an audit."""
