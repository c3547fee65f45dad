"""The jobs of the command line, a file each."""
