//! A CONNECT proxy that decrypts TLS with a certificate for one name. Through the proxy, programs that know only the address
//! of an online service reach a fake service.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::fake_service::{Answer, serve_connection};
use crate::server::ReceivedRequest;

/// The proxy. Dropping the value stops it.
pub struct ConnectProxy {
    port: u16,
    stopping: Arc<AtomicBool>,
    certificate: String,
}

impl ConnectProxy {
    /// Answers requests to `name` with `answer`; connections to other names are closed.
    ///
    /// # Panics
    /// When there is no port, or no certificate can be created.
    #[must_use]
    pub fn start(name: &str, answer: impl Fn(&ReceivedRequest) -> Answer + Clone + Send + 'static) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let settings = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate that fits its key");
        let settings = Arc::new(settings);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let stopping = Arc::<AtomicBool>::default();
        let proxy = Self { port, stopping: Arc::clone(&stopping), certificate: made.cert.pem() };
        let target = format!("CONNECT {name}:443 ");
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopping.load(Ordering::Relaxed) {
                    break;
                }
                let (settings, answer, target) = (Arc::clone(&settings), answer.clone(), target.clone());
                // Clients close connections when they have what they want, so an error is ignored.
                std::thread::spawn(move || drop(serve(stream, settings, &target, answer)));
            }
        });
        proxy
    }

    /// The address of the proxy.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The certificate to trust, in PEM format.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // The listener blocks until another connection.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

fn serve(
    stream: TcpStream,
    settings: Arc<ServerConfig>,
    target: &str,
    answer: impl Fn(&ReceivedRequest) -> Answer,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let (mut first, mut line) = (String::new(), String::new());
    reader.read_line(&mut first)?;
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut stream = reader.into_inner();
    if !first.starts_with(target) {
        return stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    }
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let connection = ServerConnection::new(settings).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    let ended = serve_connection(&mut tls, answer);
    tls.conn.send_close_notify();
    drop(tls.flush());
    ended
}
