//! A server on loopback for tests: it does what servers do, and what they should not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

/// Answers every request with what `answer` makes of its method and path, until the test ends. Its address.
pub(crate) fn server(answer: impl Fn(&str, &mut TcpStream) -> std::io::Result<()> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            let rest = lines.take_while(|line| !line.is_empty()).count();
            assert!(rest > 0, "a request has headers");
            // The client may hang up whenever it wants to.
            drop(answer(request.rsplit_once(' ').unwrap_or_default().0, &mut stream));
        }
    });
    address
}

/// An answer with a status line, headers and a body of that length.
pub(crate) fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}
