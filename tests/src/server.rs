//! An HTTP/1.1 server on loopback, with or without TLS, that records its requests. It serves one request per connection.
//!
//! | path | answer |
//! |---|---|
//! | `…/echo` | the request as text: first line, headers, body |
//! | `…/pieces` | the same in chunks of three bytes with a pause after each |
//! | `…/oracle?TEXT` | TEXT, a pause, and a full stop |
//! | `…/reflect` | the request's `Authorization` in the header `X-Reflected` |
//! | `…/escaped` | the request's `Authorization`: percent-encoded as a whole, and with `\/` for `/` |
//! | `…/redirect?URL` | 302 to URL |
//! | `…/busy` | 429 with `Retry-After: 7` |
//! | `…/big` | 40 MiB |
//! | `…/endless` | chunks until the client disconnects |
//! | `…/compressed` | `Content-Encoding: gzip` |
//! | `…/never` | nothing until the client disconnects |
//! | else | `hello` |

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A received request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The first line of the request, such as `GET /x HTTP/1.1`.
    pub line: String,
    /// The headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// The body.
    pub bytes: Vec<u8>,
}

impl ReceivedRequest {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn text(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("{}\n{headers}\n{}", self.line, self.body)
    }
}

/// The server. Dropping the value stops it.
#[derive(Debug)]
pub struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<ReceivedRequest>>>,
    stopping: Arc<AtomicBool>,
    certificate: String,
}

impl Server {
    /// A server without TLS.
    #[must_use]
    pub fn start() -> Self {
        Self::with(None, String::new())
    }

    /// A server with TLS for the name `localhost`, with a self-signed certificate.
    ///
    /// # Panics
    /// When no certificate can be created.
    #[must_use]
    pub fn start_tls() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let settings = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate that fits its key");
        Self::with(Some(Arc::new(settings)), made.cert.pem())
    }

    fn with(tls: Option<Arc<ServerConfig>>, certificate: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (asked, stopping) = (Arc::<Mutex<Vec<ReceivedRequest>>>::default(), Arc::<AtomicBool>::default());
        let server = Self { port, asked: Arc::clone(&asked), stopping: Arc::clone(&stopping), certificate };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopping.load(Ordering::Relaxed) {
                    break;
                }
                let (asked, tls) = (Arc::clone(&asked), tls.clone());
                // In some tests the client disconnects early, so an error is ignored.
                std::thread::spawn(move || drop(serve(stream, tls, &asked)));
            }
        });
        server
    }

    /// Its port, which has five digits because the system chose it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The requests so far.
    #[must_use]
    pub fn asked(&self) -> Vec<ReceivedRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its certificate in PEM format.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // The listener blocks until another connection.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, asked: &Mutex<Vec<ReceivedRequest>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        None => serve_connection(stream, asked),
        Some(settings) => {
            let connection = ServerConnection::new(settings).map_err(io::Error::other)?;
            serve_connection(StreamOwned::new(connection, stream), asked)
        }
    }
}

fn serve_connection(stream: impl Read + Write, asked: &Mutex<Vec<ReceivedRequest>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let request = read(&mut reader)?;
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    let mut stream = reader.into_inner();
    answer(&mut stream, &request)?;
    stream.flush()
}

pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<ReceivedRequest> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).map(|_| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut asked = ReceivedRequest { line: first, headers, body: String::new(), bytes: Vec::new() };
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    // A body that the client did not finish is recorded as far as it came.
    reader.take(length).read_to_end(&mut body)?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    asked.bytes = body;
    Ok(asked)
}

fn answer(stream: &mut impl Write, request: &ReceivedRequest) -> io::Result<()> {
    let address = request.line.split(' ').nth(1).unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let authorization = request.header("authorization").unwrap_or("none");
    match path.rsplit('/').next().unwrap_or_default() {
        "echo" => whole(stream, "200 OK", &[], request.text().as_bytes()),
        "pieces" => pieces(stream, request.text().as_bytes().chunks(3), Duration::from_millis(2)),
        "oracle" => pieces(stream, [query.as_bytes(), b"."].into_iter(), Duration::from_millis(80)),
        "reflect" => whole(stream, "200 OK", &[("X-Reflected", authorization)], b""),
        "escaped" => {
            let percent = |byte: u8| format!("%{byte:02x}");
            let all: String = authorization.bytes().map(percent).collect();
            whole(stream, "200 OK", &[], format!("{all}\n{}\n", authorization.replace('/', "\\/")).as_bytes())
        }
        "redirect" => whole(stream, "302 Found", &[("Location", query)], b""),
        "busy" => whole(stream, "429 Too Many Requests", &[("Retry-After", "7")], b""),
        "big" => whole(stream, "200 OK", &[], &vec![b'x'; 40 << 20]),
        "endless" => pieces(stream, std::iter::repeat(vec![b'x'; 1 << 16].as_slice()), Duration::ZERO),
        "compressed" => whole(stream, "200 OK", &[("Content-Encoding", "gzip")], b"not really"),
        "never" => pieces(stream, std::iter::repeat_n(b"".as_slice(), 200), Duration::from_millis(100)),
        _ => whole(stream, "200 OK", &[], b"hello"),
    }
}

pub(crate) fn whole(stream: &mut impl Write, status: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n")?;
    stream.write_all(body)
}

fn pieces<'a>(stream: &mut impl Write, pieces: impl Iterator<Item = &'a [u8]>, pause: Duration) -> io::Result<()> {
    let mut begun = false;
    for piece in pieces {
        std::thread::sleep(pause);
        if piece.is_empty() {
            continue;
        }
        if !begun {
            write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
            begun = true;
        }
        write!(stream, "{:x}\r\n", piece.len())?;
        stream.write_all(piece)?;
        stream.write_all(b"\r\n")?;
        stream.flush()?;
    }
    if begun { stream.write_all(b"0\r\n\r\n") } else { Ok(()) }
}
