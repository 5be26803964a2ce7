"""The addresses of the API, one module per thing that is asked for."""
