"""What the command line does, one module a command; `explorer.cli` reads the arguments."""
