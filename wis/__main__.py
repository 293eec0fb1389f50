"""`python -m wis`: the same as the `wis` command."""

from wis.cli import main

main()
