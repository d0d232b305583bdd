//! The redirect that ends a consent in a browser: its content, and the small server on this machine that receives it.
//!
//! Baton accepts a request as the redirect only if its path and its `state` are correct. Without this check, any page in
//! the browser could send Baton the code of another account. Baton answers all other requests with an error and continues
//! to wait.

use std::io;
use std::net::Ipv4Addr;

use oauth2::CsrfToken;
use reqwest::Url;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::limits;
use crate::oauth::reason;

/// The path of the redirect. It is registered at the service.
const PATH: &str = "/callback";

/// Why an address is not the redirect of this consent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// The address is not the redirect address.
    #[error("this is not the redirect address of the consent; paste the address that begins with {0}")]
    OtherAddress(String),
    /// The address belongs to another consent, or somebody else made it.
    #[error("this address belongs to another consent (its `state` is wrong)")]
    WrongState,
    /// The address has no code.
    #[error("this address has no `code`")]
    NoCode,
    /// The operator or the service refused the consent.
    #[error("the consent was refused ({0})")]
    Refused(String),
}

/// Waits for the redirect on this machine.
pub(super) struct Receiver {
    listener: TcpListener,
    port: u16,
}

impl Receiver {
    /// Listens on `port`; 0 means any free port.
    pub(super) async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The address of the redirect.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the next request and returns its address; the browser waits for [`Visitor::answer`].
    pub(super) async fn next(&self) -> io::Result<Visitor> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            // Browsers open spare connections without a request. Such a connection must not block the next one.
            if let Ok(Ok(Some(visitor))) = timeout(limits::REDIRECT_READ, Visitor::read(stream, self.port)).await {
                return Ok(visitor);
            }
        }
    }
}

/// A request that waits for its answer.
pub(super) struct Visitor {
    stream: TcpStream,
    pub(super) address: String,
}

impl Visitor {
    async fn read(mut stream: TcpStream, port: u16) -> io::Result<Option<Self>> {
        let (mut line, mut header) = (String::new(), String::new());
        let mut reader = BufReader::new((&mut stream).take(limits::REDIRECT_BYTES));
        reader.read_line(&mut line).await?;
        // If the connection closes before all headers are read, the system may discard the answer.
        while reader.read_line(&mut header).await? > 2 {
            header.clear();
        }
        let mut words = line.split(' ');
        let (method, path) = (words.next(), words.next());
        let Some(path) = path.filter(|path| method == Some("GET") && path.starts_with('/')) else { return Ok(None) };
        let address = format!("http://127.0.0.1:{port}{path}");
        Ok(Some(Self { stream, address }))
    }

    /// Shows a text in the browser.
    pub(super) async fn answer(mut self, status: &str, text: &str) {
        let (length, end) = (text.len() + 1, "\r\n");
        let head = format!(
            "HTTP/1.1 {status}{end}Content-Type: text/plain; charset=utf-8{end}Content-Length: {length}{end}Cache-Control: \
             no-store{end}Connection: close{end}{end}{text}\n"
        );
        // The browser may be closed already.
        let sent = timeout(limits::REDIRECT_READ, self.stream.write_all(head.as_bytes())).await;
        if sent.is_ok() {
            drop(self.stream.shutdown().await);
        }
    }
}

/// The code of the redirect `address`, if it is the one for this consent.
pub(super) fn code_of(address: &str, redirect: &str, state: &CsrfToken) -> Result<String, RedirectError> {
    let other = || RedirectError::OtherAddress(redirect.to_owned());
    let url = Url::parse(address.trim()).map_err(|_| other())?;
    let mut place = url.clone();
    place.set_query(None);
    place.set_fragment(None);
    if place.as_str() != redirect {
        return Err(other());
    }
    let value = |name: &str| url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    // The state is random and used only once, so an attacker learns nothing from the duration of the comparison.
    if value("state").as_ref() != Some(state.secret()) {
        return Err(RedirectError::WrongState);
    }
    if let Some(error) = value("error") {
        return Err(RedirectError::Refused(reason(&error, value("error_description").as_deref())));
    }
    value("code").filter(|code| !code.is_empty()).ok_or(RedirectError::NoCode)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: &str = "http://127.0.0.1:4321/callback";

    fn code(address: &str) -> Result<String, RedirectError> {
        code_of(address, REDIRECT, &CsrfToken::new("st".to_owned()))
    }

    #[test]
    fn only_the_redirect_with_the_state_of_this_consent_has_a_code() {
        assert_eq!(code(" http://127.0.0.1:4321/callback?code=a%2Fb&state=st\n").unwrap(), "a/b");
        for wrong in ["http://127.0.0.1:4321/callback?code=a&state=other", "http://127.0.0.1:4321/callback?code=a"] {
            assert_eq!(code(wrong).unwrap_err(), RedirectError::WrongState, "{wrong}");
        }
        for other in [
            "",
            "a",
            "http://127.0.0.1:4322/callback?code=a&state=st",
            "http://127.0.0.1:4321/?code=a&state=st",
            "https://127.0.0.1:4321/callback?code=a&state=st",
            "http://localhost:4321/callback?code=a&state=st",
            "http://127.0.0.1:4321/callback/?code=a&state=st",
            "http://u@127.0.0.1:4321/callback?code=a&state=st",
        ] {
            assert_eq!(code(other).unwrap_err(), RedirectError::OtherAddress(REDIRECT.to_owned()), "{other}");
        }
    }

    #[test]
    fn a_refusal_is_accepted_only_with_the_state() {
        let refused = code("http://127.0.0.1:4321/callback?error=access_denied&state=st").unwrap_err();
        assert_eq!(refused, RedirectError::Refused("access_denied".to_owned()));
        assert_eq!(
            code("http://127.0.0.1:4321/callback?error=access_denied").unwrap_err(),
            RedirectError::WrongState,
            "any page can send that"
        );
        assert_eq!(code("http://127.0.0.1:4321/callback?state=st&code=").unwrap_err(), RedirectError::NoCode);
    }
}
