"""`python -m tenure` is the command line."""

from .command_line import main

main()
