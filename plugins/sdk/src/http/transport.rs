//! One request over `wasi:http`: request and response are complete in memory.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::error::Error as IoError;
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use super::address::Address;
use super::model::{HttpError, Request, Response};
use crate::bindings::baton::plugin::http::denial;

/// Number of bytes per read.
const PIECE: u64 = 64 << 10;

/// Sends `request` to `address` and waits for the answer.
pub(super) fn exchange(request: &Request, address: &Address) -> Result<Response, HttpError> {
    let outgoing = outgoing(request, address)?;
    let body = outgoing.body().map_err(|()| HttpError::Failed("the request has no body".to_owned()))?;
    let sent = outgoing_handler::handle(outgoing, Some(options(request)));
    let sent = sent.map_err(|code| failed(address, &code))?;
    // A server may answer and close the connection before it has read the whole body. Its answer explains more than the broken pipe,
    // so the error of sending is ignored.
    drop(write(body, &request.body));
    let incoming = wait(&sent, address)?;
    let status = incoming.status();
    let headers = incoming.headers().entries();
    Ok(Response { status, headers, body: read(&incoming, address)?, address: address.to_string() })
}

fn outgoing(request: &Request, address: &Address) -> Result<OutgoingRequest, HttpError> {
    let wrong = |what: &str| HttpError::Address(format!("{} {address}: its {what} cannot be sent", request.method));
    let mut fields: Vec<(String, Vec<u8>)> =
        request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    if !request.body.is_empty() {
        fields.push(("content-length".to_owned(), request.body.len().to_string().into_bytes()));
    }
    let fields = Fields::from_list(&fields).map_err(|_| wrong("header"))?;
    let outgoing = OutgoingRequest::new(fields);
    let scheme = if address.scheme == "http" { Scheme::Http } else { Scheme::Https };
    outgoing.set_method(&method(&request.method)).map_err(|()| wrong("method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| wrong("scheme"))?;
    outgoing.set_authority(Some(&address.authority)).map_err(|()| wrong("host"))?;
    outgoing.set_path_with_query(Some(&address.path)).map_err(|()| wrong("path"))?;
    Ok(outgoing)
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "PATCH" => Method::Patch,
        "OPTIONS" => Method::Options,
        other => Method::Other(other.to_owned()),
    }
}

fn options(request: &Request) -> RequestOptions {
    let options = RequestOptions::new();
    let nanoseconds = request.timeout.map(|timeout| u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX));
    if nanoseconds.is_some() {
        // If the host does not support one of these settings, its default applies.
        let _ = options.set_connect_timeout(nanoseconds);
        let _ = options.set_first_byte_timeout(nanoseconds);
        let _ = options.set_between_bytes_timeout(nanoseconds);
    }
    options
}

fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), StreamError> {
    let stream = body.write().map_err(|()| StreamError::Closed)?;
    write_all(&stream, bytes)?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|_| StreamError::Closed)
}

fn write_all(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    let ready = stream.subscribe();
    let mut left = bytes;
    while !left.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if room == 0 {
            ready.block();
            continue;
        }
        let (now, later) = left.split_at(room.min(left.len()));
        stream.write(now)?;
        left = later;
    }
    stream.blocking_flush()
}

fn wait(sent: &FutureIncomingResponse, address: &Address) -> Result<IncomingResponse, HttpError> {
    sent.subscribe().block();
    match sent.get() {
        Some(Ok(Ok(response))) => Ok(response),
        Some(Ok(Err(code))) => Err(failed(address, &code)),
        Some(Err(())) | None => Err(HttpError::Failed(format!("{address}: the response was already read"))),
    }
}

fn read(response: &IncomingResponse, address: &Address) -> Result<Vec<u8>, HttpError> {
    let taken = || HttpError::Failed(format!("{address}: the body was already read"));
    let body: IncomingBody = response.consume().map_err(|()| taken())?;
    let stream: InputStream = body.stream().map_err(|()| taken())?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(PIECE) {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(broken(address, &error));
            }
        }
    }
}

/// The error for a body that ends early. If the host gives no error code, its text decides which error it is.
fn broken(address: &Address, error: &IoError) -> HttpError {
    let text = error.to_debug_string();
    match http_error_code(error) {
        Some(code) => failed(address, &code),
        None if text.contains("size exceeds limit") => HttpError::Denied(format!("{address}: {text}")),
        None => HttpError::Failed(format!("{address}: {text}")),
    }
}

/// The reason of the host, for a person.
fn failed(address: &Address, code: &ErrorCode) -> HttpError {
    match code {
        ErrorCode::HttpRequestDenied => {
            HttpError::Denied(denial().unwrap_or_else(|| format!("{address}: the request was refused")))
        }
        ErrorCode::HttpResponseBodySize(most) => {
            HttpError::Denied(format!("{address}: the answer is larger than {} bytes", most.unwrap_or_default()))
        }
        ErrorCode::HttpRequestBodySize(most) => {
            HttpError::Denied(format!("{address}: the request is larger than {} bytes", most.unwrap_or_default()))
        }
        ErrorCode::HttpResponseContentCoding(_) => HttpError::Denied(format!(
            "{address}: the answer is compressed; answers of hosts that may get a secret must not be compressed"
        )),
        code => HttpError::Failed(format!("{address}: {}", words(code))),
    }
}

/// `ConnectionRefused` as `connection refused`.
fn words(code: &ErrorCode) -> String {
    let debug = format!("{code:?}");
    let name = debug.strip_prefix("ErrorCode::").unwrap_or(&debug);
    let spaced = name.chars().flat_map(|c| c.is_ascii_uppercase().then_some(' ').into_iter().chain([c]));
    spaced.collect::<String>().trim().to_ascii_lowercase()
}
