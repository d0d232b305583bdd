//! A small HTTP server on loopback for fakes of online services: one function answers each request, and a test can
//! inject faults. It serves one request per connection.

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::server::{ReceivedRequest, read};

/// An answer of a fake.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status, such as `200 OK`.
    pub status: String,
    /// Additional headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// A pause before the answer.
    pub pause: Duration,
    /// The number of bytes of the body that are sent, if the body is cut.
    pub cut: Option<usize>,
    /// True if the connection is closed without an answer.
    pub lost: bool,
}

impl Answer {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: &str, body: &serde_json::Value) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Self { status: status.to_owned(), headers, body: body.to_string().into_bytes(), ..Self::default() }
    }

    /// A text.
    #[must_use]
    pub fn text(status: &str, body: &str) -> Self {
        let headers = vec![("Content-Type".to_owned(), "text/plain".to_owned())];
        Self { status: status.to_owned(), headers, body: body.as_bytes().to_vec(), ..Self::default() }
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: &str) -> Self {
        Self { status: status.to_owned(), ..Self::default() }
    }

    /// No answer: the connection is closed.
    #[must_use]
    pub fn lost() -> Self {
        Self { lost: true, ..Self::default() }
    }

    /// This answer with another header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The server. Dropping the value stops it.
pub struct FakeService {
    port: u16,
    stopping: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<ReceivedRequest>>>,
}

impl FakeService {
    /// Starts the server. `answer` is called on a separate thread for each request.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start(answer: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (stopping, asked) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<ReceivedRequest>>>::default());
        let server = Self { port, stopping: Arc::clone(&stopping), asked: Arc::clone(&asked) };
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopping.load(Ordering::Relaxed) {
                    break;
                }
                let (answer, asked) = (Arc::clone(&answer), Arc::clone(&asked));
                // In some tests the client is killed, so an error is ignored.
                std::thread::spawn(move || drop(serve(stream, answer.as_ref(), &asked)));
            }
        });
        server
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests so far.
    #[must_use]
    pub fn asked(&self) -> Vec<ReceivedRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for FakeService {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // The listener blocks until another connection.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

fn serve(
    stream: TcpStream,
    answer: &(impl Fn(&ReceivedRequest) -> Answer + ?Sized),
    asked: &Mutex<Vec<ReceivedRequest>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    serve_connection(stream, |request| {
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        answer(request)
    })
}

/// Serves one request of a connection.
pub(crate) fn serve_connection(
    stream: impl Read + Write,
    answer: impl Fn(&ReceivedRequest) -> Answer,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let request = read(&mut reader)?;
    if request.line.is_empty() {
        return Ok(());
    }
    let found = answer(&request);
    std::thread::sleep(found.pause);
    if found.lost {
        return Ok(());
    }
    let mut stream = reader.into_inner();
    let headers: String = found.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = if found.status.starts_with("204") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", found.body.len())
    };
    write!(stream, "HTTP/1.1 {}\r\n{length}Connection: close\r\n{headers}\r\n", found.status)?;
    let sent = found.cut.unwrap_or(found.body.len()).min(found.body.len());
    stream.write_all(found.body.get(..sent).unwrap_or_default())?;
    stream.flush()
}

/// The path and the decoded parameters of a request's address.
#[must_use]
pub fn parts(request: &ReceivedRequest) -> (String, Vec<(String, String)>) {
    let address = request.line.split(' ').nth(1).unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    (path.to_owned(), form(query))
}

/// The fields of a form, decoded.
#[must_use]
pub fn form(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The value of a parameter that occurs exactly once.
#[must_use]
pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
    let first = found.next();
    if found.next().is_some() { None } else { first }
}

fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            other => other,
        };
        bytes.push(decoded);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encodes a text for use in an address.
#[must_use]
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
