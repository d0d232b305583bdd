//! Passes requests on to another server on loopback, for proxies of tests.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use crate::fake_service::Answer;
use crate::server::ReceivedRequest;

/// The headers of a request and of an answer that are passed on.
const REQUEST: [&str; 3] = ["authorization", "content-type", "accept"];
const ANSWER: [&str; 2] = ["content-type", "link"];

/// Sends a request to a port, and returns its answer; 502 if there is none.
#[must_use]
pub fn forward(request: &ReceivedRequest, port: u16) -> Answer {
    exchange(request, port).unwrap_or_else(|error| Answer::text("502 Bad Gateway", &error.to_string()))
}

fn exchange(request: &ReceivedRequest, port: u16) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let sent = REQUEST.iter().filter_map(|name| Some(format!("{name}: {}\r\n", request.header(name)?)));
    let headers: String = sent.collect();
    let (line, body) = (&request.line, &request.body);
    let length = body.len();
    write!(
        stream,
        "{line}\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
    let mut body = bytes.get(end + 4..).unwrap_or_default().to_vec();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split_once(' ')).map_or("502 no", |(_, status)| status).to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    if headers.iter().any(|(name, value)| name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked")) {
        body = unchunked(&body);
    }
    let headers = headers.into_iter().filter(|(name, _)| ANSWER.contains(&name.as_str())).collect();
    Ok(Answer { status, headers, body, ..Answer::default() })
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let digits = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let size = usize::from_str_radix(digits.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size).unwrap_or_default());
        rest = rest.get(end + 2 + size + 2..).unwrap_or_default();
    }
    body
}
