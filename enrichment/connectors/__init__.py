"""Reading sources: pages of records out of HTTP APIs, files, jobs and callables. `opening` is the way in."""
