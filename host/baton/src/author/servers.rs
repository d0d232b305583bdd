//! Servers for examples: each runs on this machine with plain HTTP and replaces a real server. The sandbox redirects the
//! plugin's requests to them after all its checks, so grants, secrets and limits apply as usual; only name resolution and TLS
//! are left out.
//!
//! Each connection carries one request, because the sandbox is the only client and sends only one request on a connection.
//! Requests are parsed strictly: a request in an unexpected form ends the connection.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The longest head or chunk line, in bytes.
const LINE_BYTES: u64 = 64 << 10;

/// The longest head of a request and the longest trailers, in bytes.
const HEAD_BYTES: u64 = 256 << 10;

/// The largest body of a request, in bytes.
const BODY_BYTES: u64 = 64 << 20;

/// The timeout for receiving a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause after a failed accept, for instance because too many files are open.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) method: String,
    /// The path with its query.
    pub(super) path: String,
    /// Headers that the request must have, by name.
    pub(super) with_headers: BTreeMap<String, String>,
    /// A text that the body of the request must contain.
    pub(super) with_body: String,
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

struct Request {
    method: String,
    path: String,
    /// Names in lower case.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn fits(&self, request: &Request) -> bool {
        let has = |(name, value): (&String, &String)| request.headers.get(&name.to_ascii_lowercase()) == Some(value);
        let body = String::from_utf8_lossy(&request.body);
        self.method == request.method
            && self.path == request.path
            && self.with_headers.iter().all(has)
            && body.contains(&self.with_body)
    }
}

/// The running servers of one example. They stop when this value is dropped.
pub(super) struct Servers {
    running: Vec<(String, SocketAddr)>,
    stop: Arc<AtomicBool>,
    unanswered: Arc<Mutex<Vec<String>>>,
}

impl Servers {
    pub(super) fn start(servers: &BTreeMap<String, Vec<Answer>>) -> io::Result<Self> {
        let (stop, unanswered) = (Arc::new(AtomicBool::new(false)), Arc::<Mutex<Vec<String>>>::default());
        let mut running = Vec::new();
        for (origin, answers) in servers {
            let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
            running.push((origin.clone(), listener.local_addr()?));
            let server = Server {
                origin: origin.clone(),
                answers: Mutex::new(answers.clone()),
                unanswered: Arc::clone(&unanswered),
            };
            let (server, stop) = (Arc::new(server), Arc::clone(&stop));
            thread::Builder::new()
                .name("server".to_owned())
                .spawn(move || accept(listener.incoming(), &server, &stop))?;
        }
        Ok(Self { running, stop, unanswered })
    }

    /// The address of the server for each origin.
    pub(super) fn addresses(&self) -> BTreeMap<String, SocketAddr> {
        self.running.iter().cloned().collect()
    }

    /// Returns and clears the list of requests without a matching answer.
    pub(super) fn take_unanswered(&self) -> Vec<String> {
        std::mem::take(&mut *self.unanswered.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for (_, address) in &self.running {
            // Wakes the thread that waits for a connection.
            drop(TcpStream::connect(address));
        }
    }
}

struct Server {
    origin: String,
    answers: Mutex<Vec<Answer>>,
    unanswered: Arc<Mutex<Vec<String>>>,
}

fn accept(connections: impl Iterator<Item = io::Result<TcpStream>>, server: &Arc<Server>, stop: &AtomicBool) {
    for connection in connections {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!("{}: cannot accept a connection: {error}", server.origin);
                thread::sleep(PAUSE);
                continue;
            }
        };
        let server = Arc::clone(server);
        drop(thread::Builder::new().spawn(move || {
            if let Err(error) = server.serve(&connection) {
                tracing::warn!("{}: cannot answer a request: {error}", server.origin);
            }
        }));
    }
}

impl Server {
    fn serve(&self, connection: &TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(REQUEST_TIMEOUT))?;
        let request = read(connection)?;
        let Some(answer) = self.answer(&request) else {
            let shown = format!("{} {}{}", request.method, self.origin.trim_end_matches('/'), request.path);
            let text = format!("the example has no answer for {shown}");
            self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
            return respond(connection, 501, &BTreeMap::new(), text.as_bytes(), &request.method);
        };
        respond(connection, answer.status, &answer.headers, &answer.body, &request.method)
    }

    /// Returns the first answer that matches the request. If a later answer also matches, removes the returned answer from
    /// the list. So several answers to one request are returned in order, and the last answer is repeated.
    fn answer(&self, request: &Request) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let fits: Vec<usize> =
            (0..).zip(answers.iter()).filter(|(_, one)| one.fits(request)).map(|(at, _)| at).collect();
        let first = *fits.first()?;
        if fits.len() > 1 { Some(answers.remove(first)) } else { answers.get(first).cloned() }
    }
}

fn read(connection: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(connection);
    let mut left = HEAD_BYTES;
    let first = line(&mut reader, &mut left)?;
    let mut words = first.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let header = line(&mut reader, &mut left)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let body = if headers.get("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        chunks(&mut reader)?
    } else {
        exactly(&mut reader, length.unwrap_or(0))?
    };
    Ok(Request { method, path, headers, body })
}

/// Reads a line without its end. `left` is the remaining limit of all lines together, in bytes.
fn line(reader: &mut BufReader<&TcpStream>, left: &mut u64) -> io::Result<String> {
    let (mut line, most) = (String::new(), LINE_BYTES.min(*left));
    let read = reader.by_ref().take(most).read_line(&mut line)? as u64;
    *left = left.saturating_sub(read);
    if !line.ends_with('\n') {
        return Err(if read == most { io::ErrorKind::FileTooLarge } else { io::ErrorKind::UnexpectedEof }.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn exactly(reader: &mut BufReader<&TcpStream>, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = reader.by_ref().take(length.min(BODY_BYTES)).read_to_end(&mut bytes)?;
    if read as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A body in chunks (RFC 9112, section 7.1), without its trailers.
fn chunks(reader: &mut BufReader<&TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let head = line(reader, &mut { LINE_BYTES })?;
        let size = head.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            let mut left = HEAD_BYTES;
            while !line(reader, &mut left)?.is_empty() {}
            return Ok(body);
        }
        if size.saturating_add(body.len() as u64) > BODY_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        body.extend(exactly(reader, size)?);
        line(reader, &mut { LINE_BYTES })?;
    }
}

fn respond(
    mut connection: &TcpStream,
    status: u16,
    headers: &BTreeMap<String, String>,
    body: &[u8],
    method: &str,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    connection.write_all(head.as_bytes())?;
    if method != "HEAD" {
        connection.write_all(body)?;
    }
    connection.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(path: &str, body: &str) -> Answer {
        Answer {
            method: "POST".to_owned(),
            path: path.to_owned(),
            with_headers: BTreeMap::from([("X-Key".to_owned(), "k".to_owned())]),
            with_body: "two".to_owned(),
            status: 201,
            headers: BTreeMap::from([("x-more".to_owned(), "1".to_owned())]),
            body: body.into(),
        }
    }

    fn ask(servers: &Servers, request: &str) -> String {
        let address = servers.addresses()["https://a.example"];
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        text
    }

    /// The error kind for an invalid request.
    fn refused(request: &str) -> Option<io::ErrorKind> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let request = request.to_owned();
        // The reader may close the connection before the whole request is written.
        let writer = thread::spawn(move || drop(TcpStream::connect(address).unwrap().write_all(request.as_bytes())));
        let (connection, _) = listener.accept().unwrap();
        let kind = read(&connection).err().map(|error| error.kind());
        drop(connection);
        writer.join().unwrap();
        kind
    }

    #[test]
    fn the_size_of_a_head_of_trailers_and_of_a_chunk_is_limited() {
        let many = "x-a: 1234567890\r\n".repeat(20_000);
        let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
        for request in [
            format!("GET / HTTP/1.1\r\n{many}\r\n"),
            format!("{chunked}0\r\n{many}\r\n"),
            format!("{chunked}1\r\na\r\nffffffffffffffff\r\na\r\n"),
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)),
        ] {
            assert_eq!(refused(&request), Some(io::ErrorKind::FileTooLarge), "{} bytes", request.len());
        }
        assert_eq!(refused("GET / HTTP/1.1\r\n"), Some(io::ErrorKind::UnexpectedEof));
        assert_eq!(refused("GET / HTTP/1.1\r\nx-a: 1\r\n\r\n"), None);
    }

    #[test]
    fn a_connection_that_cannot_be_accepted_does_not_end_the_server() {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let connections: [io::Result<TcpStream>; 2] =
            [Err(io::ErrorKind::ConnectionAborted.into()), Ok(listener.accept().unwrap().0)];
        let server =
            Server { origin: "https://a.example".to_owned(), answers: Mutex::default(), unanswered: Arc::default() };
        accept(connections.into_iter(), &Arc::new(server), &AtomicBool::new(false));
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 501 "), "{text}");
    }

    #[test]
    fn answers_come_in_order_and_requests_without_an_answer_are_recorded() {
        let answers = vec![answer("/a?b", "first"), answer("/a?b", "last")];
        let servers = Servers::start(&BTreeMap::from([("https://a.example".to_owned(), answers)])).unwrap();
        let whole = "POST /a?b HTTP/1.1\r\nhost: a.example\r\nX-KEY: k\r\ncontent-length: 7\r\n\r\none two";
        let pieces =
            "POST /a?b HTTP/1.1\r\nx-key: k\r\ntransfer-encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n";
        let first = ask(&servers, whole);
        assert!(
            first.starts_with("HTTP/1.1 201 ") && first.contains("x-more: 1") && first.ends_with("first"),
            "{first}"
        );
        assert!(ask(&servers, pieces).ends_with("last"));
        assert!(ask(&servers, whole).ends_with("last"), "the last answer is repeated");
        assert!(servers.take_unanswered().is_empty());
        for other in [whole.replace("/a?b", "/a"), whole.replace("X-KEY", "y"), whole.replace("two", "new")] {
            assert!(ask(&servers, &other).starts_with("HTTP/1.1 501 "));
        }
        let unanswered = servers.take_unanswered();
        assert_eq!(unanswered.len(), 3);
        assert_eq!(unanswered[0], "POST https://a.example/a");
    }
}
