"""Settings and tables of the processing study; `workflows/processing` carries it out."""
