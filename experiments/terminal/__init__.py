"""The command line as a program: its streams, its signals, and how it ends."""
