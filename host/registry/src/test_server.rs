//! A local server for tests, which can also send invalid answers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

/// Starts a server that calls `answer` with the method and path of every request, until the test ends. Returns its address.
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
            // The client may close the connection at any time.
            drop(answer(request.rsplit_once(' ').unwrap_or_default().0, &mut stream));
        }
    });
    address
}

/// Sends an answer with a status line, headers and a body.
pub(crate) fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}
