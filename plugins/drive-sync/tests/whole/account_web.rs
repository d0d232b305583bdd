//! A network for native tests: requests to a server on loopback, one connection for each.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use baton_plugin_sdk::http::HttpError;
use drive_sync::account::{Answer, Call, Web};

/// Sends requests to an address such as `http://127.0.0.1:8080`.
pub(crate) struct TcpWeb(pub(crate) String);

impl Web for TcpWeb {
    fn send(&self, call: &Call<'_>) -> Result<Answer, HttpError> {
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
        // As the host: an answer before the end of the body counts.
        drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&call.body)));
        let mut bytes = Vec::new();
        drop(stream.read_to_end(&mut bytes));
        parse(&bytes).ok_or_else(|| HttpError::Failed("no whole answer".to_owned()))
    }

    fn pause(&self, _: Duration) {}
}

/// `None` if the answer is not complete.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |name: &str| {
        let found = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    };
    let body = bytes[end + 4..].to_vec();
    let is_whole = header("content-length").is_none_or(|length| length == body.len().to_string());
    is_whole.then_some(Answer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
        location: header("location"),
        range: header("range"),
        body,
    })
}
