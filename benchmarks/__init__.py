"""What Assay does on this machine, measured beside a baseline in the same run."""
