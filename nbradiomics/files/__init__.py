"""Files and folders of ours: written whole, read within bounds, named safely, one owner at a time."""
