"""The only module that imports the openai SDK: one call, one answer, or one error that says what to do."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import openai

from enrichment.model.answer import Answer
from enrichment.model.background_loop import BackgroundLoop
from enrichment.model.completion import NotACompletionError, read_completion
from enrichment.model.failures import NOT_FOUND, ModelUnavailableError, classify_status, limits_of
from enrichment.model.tokens import estimate_tokens
from enrichment.model.transport import BoundedTransport, TooLargeError
from schemas.errors import AssayError, ConfigurationError

_CONNECT_SECONDS = 5.0
#: Failures before any byte of the request has left.
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.LocalProtocolError)
_BAD_ADDRESS = (httpx2.UnsupportedProtocol, httpx2.InvalidURL)


class Model:
    """A server that speaks the OpenAI chat completions API. Safe to use from many threads.

    base_url:           up to and with the version, e.g. https://host/v1
    api_key:            empty where the server needs none
    max_response_bytes: an answer beyond is cut off, which makes it `oversize`
    tls:                for servers whose certificate no public authority signed
    clock:              seconds, rising; measures calls
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        max_response_bytes: int = 4_000_000,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url
        self._transport = (api_key, max_response_bytes, tls)
        self._clock = clock
        self._loop = BackgroundLoop("model")
        self._client: openai.AsyncOpenAI | None = None

    def prepare(self) -> None:
        """Do ahead what the first call would otherwise spend time on between its grant and its sending.

        Raises:
            ConfigurationError: the address is none.
        """

        async def connect() -> None:
            if self._client is None:
                self._client = self._connected()
            _ = self._client.chat.completions.with_raw_response

        try:
            self._loop.run(connect(), _CONNECT_SECONDS)
        except (*_BAD_ADDRESS, openai.OpenAIError) as error:
            raise _bad_address() from error

    def complete(
        self,
        name: str,
        schema: Mapping[str, Any],
        system: str,
        user_json: str,
        model: str,
        max_output_tokens: int,
        timeout: float,
    ) -> Answer:
        """Ask once. No retry happens here, and the call ends within `timeout` seconds of wall clock.

        `name` and `schema` are those of the strict response format; `user_json` is the whole user message.

        Raises:
            ModelUnavailableError: 429, 5xx, time-out, reset, no completion; `presumed` where it may be charged.
            WaitingError: the quota is used up (`waits_on` is `model:quota`).
            ModelUnauthorizedError: the key is refused; it stops the model for everyone.
            ConfigurationError: no such server or model.
            TerminalError: the server refuses this request.
        """
        request = {
            "model": model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user_json}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": name, "strict": True, "schema": dict(schema)},
            },
            "max_completion_tokens": max_output_tokens,
        }
        started = self._clock()
        try:
            body, limits = self._loop.run(self._ask(request, timeout), timeout)
            completion = read_completion(body)
        except TimeoutError as error:
            raise _timed_out(timeout) from error
        except NotACompletionError as error:
            raise ModelUnavailableError("the model server answered with no completion", presumed=True) from error
        except openai.APIStatusError as error:
            raise _status(error, model) from error
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, TooLargeError):
                estimate = (estimate_tokens(system, user_json, str(schema)), max_output_tokens)
                return Answer("", "length", None, model, *estimate, self._clock() - started, estimated=True)
            raise _unreachable(error, timeout) from error
        except (*_BAD_ADDRESS, openai.OpenAIError) as error:
            raise _bad_address() from error
        tokens = completion.tokens or (
            estimate_tokens(system, user_json, str(schema)),
            # No server makes more than the request allows, whatever its text looks like.
            min(estimate_tokens(completion.text), max_output_tokens),
        )
        return Answer(
            text=completion.text,
            finish_reason=completion.finish_reason,
            refusal=completion.refusal,
            model=completion.model or model,
            input_tokens=tokens[0],
            output_tokens=tokens[1],
            seconds=self._clock() - started,
            estimated=completion.tokens is None,
            limits=limits,
        )

    async def _ask(self, request: dict[str, Any], seconds: float) -> tuple[bytes, dict[str, str]]:
        if self._client is None:
            self._client = self._connected()
        limits = openai.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
        response = await self._client.chat.completions.with_raw_response.create(**request, timeout=limits)
        body: bytes = response.http_response.content
        return body, limits_of(response.http_response.headers)

    def _connected(self) -> openai.AsyncOpenAI:
        client = openai.AsyncOpenAI(
            base_url=self._base_url,
            # The transport sends the key; what is given here only keeps the SDK from asking the environment.
            api_key="handed-in",
            admin_api_key="",
            organization="",
            project="",
            webhook_secret="",
            max_retries=0,
            http_client=httpx2.AsyncClient(
                transport=BoundedTransport(*self._transport), trust_env=False, follow_redirects=False
            ),
        )
        client.organization = client.project = None
        return client

    def close(self) -> None:
        if self._client is not None:
            self._loop.run(self._client.close(), _CONNECT_SECONDS)
            self._client = None
        self._loop.close()


def _timed_out(timeout: float) -> ModelUnavailableError:
    return ModelUnavailableError(f"the model did not answer within {timeout:g} s", presumed=True, code="model_timeout")


def _status(error: openai.APIStatusError, model: str) -> AssayError:
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return classify_status(error.status_code, headers, error.response.content, model)


def _unreachable(error: openai.APIConnectionError, timeout: float) -> AssayError:
    cause = error.__cause__
    if isinstance(cause, _BAD_ADDRESS):
        return _bad_address()
    if isinstance(cause, _NOT_SENT):
        return ModelUnavailableError(
            "the model server cannot be reached", presumed=False, hint="check base_url under [model], and the network"
        )
    if isinstance(error, openai.APITimeoutError):
        return _timed_out(timeout)
    return ModelUnavailableError("the connection to the model server broke", presumed=True)


def _bad_address() -> ConfigurationError:
    return ConfigurationError(
        "base_url of the model is no address that can be asked",
        hint="base_url under [model] is like https://host/v1",
        code=NOT_FOUND,
    )
