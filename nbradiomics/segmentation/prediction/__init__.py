"""From images to masks and how sure they are."""
