"""Requests to servers: `fetch("https://…")`, for a plugin whose manifest asks for `http`.

A refused request raises `permanent`; if a grant is missing, the text has the command that grants it. If the server does not answer,
`retryable` is raised. A response with any status is not an error. Redirects are not followed.
"""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from componentize_py_types import Err
from wit_world.imports import http, outgoing_handler, streams
from wit_world.imports import wasi_http_types as wasi
from wit_world.imports.types import Error_Permanent, Error_Retryable

# Bytes of one read, and the largest write that wasi:io accepts.
READ = 65536
WRITE = 4096

METHODS = {
    "GET": wasi.Method_Get(),
    "HEAD": wasi.Method_Head(),
    "POST": wasi.Method_Post(),
    "PUT": wasi.Method_Put(),
    "DELETE": wasi.Method_Delete(),
    "OPTIONS": wasi.Method_Options(),
    "PATCH": wasi.Method_Patch(),
}


@dataclass
class Response:
    """A response. The names of headers are in lower case."""

    status: int
    headers: list[tuple[str, bytes]]
    body: bytes

    def text(self) -> str:
        """The body as text; invalid UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)


def fetch(address: str, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b"") -> Response:
    """Sends a request and reads the whole answer."""
    request = make(address, method, headers or {})
    outgoing = request.body()
    try:
        pending = outgoing_handler.handle(request, None)
        send(outgoing, body)
        pending.subscribe().block()
        answer = pending.get().value
    except Err as error:
        raise failed(address, error.value) from None
    if isinstance(answer, Err):
        raise failed(address, answer.value)
    response = answer.value
    fields = [(name.lower(), value) for name, value in response.headers().entries()]
    return Response(response.status(), fields, receive(address, response))


def make(address: str, method: str, headers: dict[str, str]) -> wasi.OutgoingRequest:
    parts = urlsplit(address)
    fields = [(name, value.encode()) for name, value in headers.items()]
    try:
        request = wasi.OutgoingRequest(wasi.Fields.from_list(fields))
        request.set_method(METHODS.get(method, wasi.Method_Other(method)))
        request.set_scheme(wasi.Scheme_Https() if parts.scheme == "https" else wasi.Scheme_Http())
        request.set_authority(parts.netloc)
        request.set_path_with_query((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    except Err:
        raise Err(Error_Permanent(f"{method} {address}: the method, the address or a header is invalid")) from None
    return request


def send(outgoing: wasi.OutgoingBody, body: bytes) -> None:
    with outgoing.write() as stream:
        for start in range(0, len(body), WRITE):
            stream.blocking_write_and_flush(body[start : start + WRITE])
    wasi.OutgoingBody.finish(outgoing, None)


def receive(address: str, response: wasi.IncomingResponse) -> bytes:
    pieces = []
    with response.consume() as body, body.stream() as stream:
        try:
            while True:
                pieces.append(stream.blocking_read(READ))
        except Err as error:
            if not isinstance(error.value, streams.StreamError_Closed):
                raise Err(Error_Retryable(f"the answer of {address} broke off")) from None
    return b"".join(pieces)


def failed(address: str, code: object) -> Err:
    if isinstance(code, wasi.ErrorCode_HttpRequestDenied):
        return Err(Error_Permanent(http.denial() or f"the request to {address} was refused"))
    return Err(Error_Retryable(f"no answer from {address}: {type(code).__name__.removeprefix('ErrorCode_')}"))
