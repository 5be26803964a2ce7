"""Where the fleet runs: settings, roles, servers and the command line. The only readers of the environment."""
