"""``python -m nbradiomics``."""

from nbradiomics.cli import main

main()
