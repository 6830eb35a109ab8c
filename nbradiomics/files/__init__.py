"""Files and folders: written completely, read with limits, named safely, with one owner at a time."""
