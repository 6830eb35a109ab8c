"""What the operating system gives and takes: memory, streams and signals, processes, causes that may pass."""
