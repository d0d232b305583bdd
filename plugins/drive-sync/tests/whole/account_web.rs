//! A network for native tests: requests to a server on loopback, with one connection for each
//! request.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use baton_plugin_kit::host::{Call, Web};
use baton_plugin_sdk::http::{HttpError, Response};

/// Sends requests to an address such as `http://127.0.0.1:8080`.
pub(crate) struct TcpWeb(pub(crate) String);

impl Web for TcpWeb {
    fn send(&self, call: &Call<'_>) -> Result<Response, HttpError> {
        let failed = |error: std::io::Error| HttpError::Failed(error.to_string());
        let server =
            self.0.strip_prefix("http://").ok_or_else(|| HttpError::Failed("there is no network".to_owned()))?;
        let mut stream = TcpStream::connect(server).map_err(failed)?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(failed)?;
        let headers: String = call.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer x\r\nContent-Length: {}\r\n{headers}\r\n",
            call.method,
            call.path,
            call.body.len()
        );
        // An answer before the end of the body is accepted, as in the host.
        drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&call.body)));
        let mut bytes = Vec::new();
        drop(stream.read_to_end(&mut bytes));
        parse(&bytes).ok_or_else(|| HttpError::Failed("no whole answer".to_owned()))
    }

    fn pause(&self, _: Duration) {}

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

/// `None` if the answer is not complete.
fn parse(bytes: &[u8]) -> Option<Response> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = lines.map(|(name, value)| (name.to_lowercase(), value.as_bytes().to_vec())).collect();
    let body = bytes[end + 4..].to_vec();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let answer = Response { status, headers, body, ..Response::default() };
    let is_whole = answer.header("content-length").is_none_or(|length| length == answer.body.len().to_string());
    is_whole.then_some(answer)
}
