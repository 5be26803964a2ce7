"""When things run, and with which guarantees: queues, stages as tasks, the dispatcher, recovery."""
