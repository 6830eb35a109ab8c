"""The operating system: memory, streams and signals, processes, temporary causes of errors."""
