//! Registries that require a token, as public ones do: `docker-registry` redirects the caller to a token server and verifies its
//! tokens. The test provides the token server, which signs with `openssl`. Anybody may pull; the user `baton` may push.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use baton_tests::{OciRegistry, Output, Workspace, fixture, or_skip, tool};
use serde_json::{Value, json};

/// Runs `openssl` in `folder` with `input`; returns its output.
fn openssl(folder: &Path, args: &str, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(args.split_whitespace());
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut process = started.unwrap();
    process.stdin.take().unwrap().write_all(input).unwrap();
    let ended = process.wait_with_output().unwrap();
    assert!(ended.status.success(), "openssl {args}");
    ended.stdout
}

/// The signer of the tokens.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn at(folder: &Path) -> Self {
        openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=baton", b"");
        Self { folder: folder.to_owned() }
    }

    fn base64(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8(openssl(&self.folder, "base64 -A", bytes)).unwrap();
        text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_")
    }

    /// A token that allows `actions` on the repository `noop`.
    fn token(&self, actions: &[&str]) -> String {
        let certificate = fs::read_to_string(self.folder.join("cert.pem")).unwrap();
        let certificate: String = certificate.lines().filter(|line| !line.starts_with("--")).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5c": [certificate] });
        let access = json!([{ "type": "repository", "name": "noop", "actions": actions }]);
        let claims = json!({
            "iss": "baton", "aud": "registry", "sub": "", "jti": "1",
            "nbf": now - 60, "iat": now - 60, "exp": now + 600, "access": access,
        });
        let part = |value: &Value| self.base64(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = openssl(&self.folder, "dgst -sha256 -sign key.pem", signed.as_bytes());
        format!("{signed}.{}", self.base64(&signature))
    }

    /// Serves tokens until the test ends; returns the address.
    fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let realm = format!("http://{}/token", listener.local_addr().unwrap());
        std::thread::spawn(move || listener.incoming().for_each(|stream| self.answer(stream.unwrap())));
        realm
    }

    fn answer(&self, mut stream: TcpStream) {
        let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        assert!(
            lines[0].contains("service=registry") && lines[0].contains("scope=repository%3Anoop%3Apull"),
            "{lines:?}"
        );
        let who = lines.iter().find(|line| line.to_lowercase().starts_with("authorization:"));
        let (status, body) = match who {
            None => ("200 OK", json!({ "token": self.token(&["pull"]) })),
            // base64 of baton:letmein.
            Some(line) if line.ends_with(" YmF0b246bGV0bWVpbg==") => {
                ("200 OK", json!({ "token": self.token(&["pull", "push"]) }))
            }
            Some(_) => ("401 Unauthorized", json!({ "details": "incorrect username or password" })),
        };
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
    }
}

#[test]
fn a_token_is_requested_from_the_named_server_and_has_the_permissions_of_its_owner() {
    or_skip!(tool("openssl", "apt-get install openssl"));
    let workspace = Workspace::empty();
    let authority = Authority::at(workspace.outside());
    let certificate = workspace.outside().join("cert.pem");
    let registry = or_skip!(OciRegistry::with_tokens(&authority.serve(), &certificate));
    let (noop, reference) = (fixture("noop"), registry.reference("noop:1"));
    let push = ["push", noop.to_str().unwrap(), &reference];
    let run = |args: &[&str], password: Option<&str>| {
        let mut command = workspace.command();
        if let Some(password) = password {
            command.env("BATON_REGISTRY_USER", "baton").env("BATON_REGISTRY_PASSWORD", password);
        }
        Output::of(command.arg("plugin").args(args))
    };
    for password in [None, Some("wrong")] {
        let refused = run(&push, password).ended(2);
        assert!(refused.stderr.contains("docker login"), "{}", refused.stderr);
    }
    run(&push, Some("letmein")).ended(0);
    run(&["inspect", &reference], Some("letmein")).ended(0);
    run(&["inspect", &reference], None).ended(0);
    let refused = run(&["inspect", &reference], Some("wrong")).ended(2);
    assert!(refused.stderr.contains("docker login"), "{}", refused.stderr);

    // Even the most detailed log contains no token and no password.
    let mut command = workspace.command();
    command.env("BATON_LOG", "trace").env("BATON_REGISTRY_USER", "baton").env("BATON_REGISTRY_PASSWORD", "letmein");
    let logged = Output::of(command.args(["plugin", "inspect", &reference])).ended(0).stderr;
    assert!(logged.contains("connecting to"), "it is logged: {logged}");
    for secret in ["letmein", "YmF0b246bGV0bWVpbg", "eyJ"] {
        assert!(!logged.contains(secret), "{secret} is in {logged}");
    }
}
