"""When things are done, and with which guarantees: stages, dispatcher, queues, producer, recovery."""
