"""The offline model as it would be over a network: every answer comes later by a fixed time."""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import Request, Response

from workers.offline_model import create_app
from workers.offline_names import AUDITOR, LARGE, SECOND, SMALL


def configuration(url: str) -> str:
    """The section of `assay.toml` that names it."""
    return (
        f'[model]\nbase_url = "{url}"\nsmall = "{SMALL}"\nlarge = "{LARGE}"\nauditor = "{AUDITOR}"\n'
        f'second_auditor = "{SECOND}"'
    )


@contextmanager
def answering(delay: float) -> Iterator[str]:
    """Run it; gives its address."""
    command = [sys.executable, "-m", "benchmarks.speed.slow_model", "--delay", str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            raise RuntimeError("the model of the benchmark did not start")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.slow_model", description=__doc__)
    parser.add_argument("--delay", type=float, required=True, help="seconds")
    options = parser.parse_args()
    app = create_app()

    async def late(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        await asyncio.sleep(options.delay)
        return await answer(request)

    app.middleware("http")(late)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/v1\n")
        sys.stdout.flush()
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
