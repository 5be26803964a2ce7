"""`python -m workers`: the program `assay` without its script, as `assay up` starts its own processes."""

from workers.entry import main

main()
