//! Packages from `https://`: a real server (`openssl s_server`) with a certificate that is trusted or not.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_tests::{Output, PATIENCE, Skipped, Workspace, fixture, or_skip, sha256, tool};
use serde_json::json;

/// Serves the folder around the workspace over TLS.
struct Server {
    workspace: Workspace,
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Result<Self, Skipped> {
        tool("openssl", "apt-get install openssl")?;
        let workspace = Workspace::empty();
        let folder = workspace.outside();
        fs::copy(fixture("noop"), folder.join("noop.wasm")).unwrap();
        let ask = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost \
                   -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
        Output::of(Command::new("openssl").current_dir(folder).args(ask.split_whitespace())).ended(0);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let serve = format!("s_server -WWW -quiet -cert cert.pem -key key.pem -accept 127.0.0.1:{port}");
        let mut command = Command::new("openssl");
        command.current_dir(folder).args(serve.split_whitespace());
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { workspace, process, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "openssl does not listen");
            sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    fn inspect(&self, file: &str, certificates: &str) -> Output {
        let url = format!("https://localhost:{}/{file}", self.port);
        let certificates = self.workspace.outside().join(certificates);
        let mut command = self.workspace.command();
        command.env("SSL_CERT_FILE", certificates).env_remove("SSL_CERT_DIR").env("NO_PROXY", "localhost");
        Output::of(command.args(["plugin", "inspect", "--json", &url]))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn a_component_is_downloaded_only_from_a_server_with_a_trusted_certificate() {
    let server = or_skip!(Server::start());
    // `openssl` answers 200 even for missing files, so the signature exists too.
    fs::write(server.workspace.outside().join("noop.wasm.minisig"), "no signature").unwrap();
    let inspected = server.inspect("noop.wasm", "cert.pem").ended(1).json();
    let noop = fs::read(fixture("noop")).unwrap();
    assert_eq!(inspected["digest"], json!(format!("sha256:{}", sha256(&noop))));
    assert_eq!(inspected["signature"]["state"], json!("bad"));

    let other = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout other.key -out other.pem -subj /CN=other";
    let folder = server.workspace.outside();
    Output::of(Command::new("openssl").current_dir(folder).args(other.split_whitespace())).ended(0);
    let refused = server.inspect("noop.wasm", "other.pem").ended(2);
    assert!(refused.stderr.contains("certificate") && !refused.stderr.contains("panicked"), "{}", refused.stderr);
}
