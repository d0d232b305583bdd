//! Sends one request and receives the headers of the response: checks the request, injects secrets, connects, sends. Baton
//! refuses a request before it sends a byte. The only exception is a placeholder in the body: Baton finds it while it sends
//! the body, and then aborts the request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::body::{Incoming, Outgoing};
use super::connect::{ConnectError, Connection, Network};
use super::denial::{Denial, Denials};
use super::policy::Policy;
use super::rate::within;
use super::target::Target;
use crate::capabilities::secrets::{InjectedSecrets, InjectionError, Scrubber, Stream};
use crate::limits;

/// Headers from which some servers take the method or the path of a request. If a plugin could set them, Baton could not
/// enforce the rules.
const REWRITING: [&str; 5] =
    ["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"];

/// The background work of a connection. wasmtime runs it while the guest reads the response.
pub(super) type Processing = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// A response, with the background work of its connection.
pub(super) type SendResult = Result<(Response<WasiBody>, Processing), Error>;

/// The HTTP client of one attempt.
#[derive(Debug)]
pub(crate) struct Egress {
    policy: Policy,
    pub(crate) secrets: InjectedSecrets,
    pub(crate) denials: Denials,
    network: Arc<Network>,
    at_once: Arc<Semaphore>,
    asked: AtomicUsize,
    /// Bytes of bodies, in both directions.
    transferred: Arc<AtomicU64>,
}

impl Egress {
    pub(crate) fn new(policy: Policy, secrets: InjectedSecrets, network: Arc<Network>) -> Self {
        let at_once = Arc::new(Semaphore::new(limits::HTTP_AT_ONCE));
        Self {
            policy,
            secrets,
            denials: Denials::default(),
            network,
            at_once,
            asked: AtomicUsize::new(0),
            transferred: Arc::default(),
        }
    }

    /// The address that the operator set for a host.
    pub(crate) fn address(&self, name: &str) -> Option<String> {
        self.policy.hosts.get(name).map(ToString::to_string)
    }

    /// The number of requests so far.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed) as u64
    }

    /// The bytes of all bodies so far, in both directions.
    pub(crate) fn transferred(&self) -> u64 {
        self.transferred.load(Ordering::Relaxed)
    }

    /// Sends `request`, or refuses it.
    ///
    /// # Errors
    /// An error code of `wasi:http`. The reason of a refusal is stored.
    pub(super) async fn send(&self, request: Request<WasiBody>, options: RequestOptions) -> SendResult {
        let (mut head, body) = request.into_parts();
        let target = match self.check(&head.method, &head.uri, &head.headers) {
            Ok(target) => target,
            Err(denial) => return Err(self.deny(denial, Some(body))),
        };
        let used = match self.secrets.put_in(&target, &mut head.headers).await {
            Ok(used) => used,
            Err(InjectionError::Denied(denial)) => return Err(self.deny(denial, Some(body))),
            Err(InjectionError::NoToken(why)) => {
                self.denials.add(Denial::refused(format!("the request {} was not sent: {why}", target.shown())));
                return Err(Error::DestinationUnavailable);
            }
        };
        let scrubber = self.secrets.scrubber_of(&target);
        if !scrubber.is_idle() {
            // The scrubber cannot find a secret in a compressed body.
            head.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            head.headers.remove(TE);
        }
        let patience = within(options.first_byte_timeout, limits::HTTP_FIRST_BYTE);
        let place = self.place(&target, patience).await?;
        let connecting = self.network.connect(&target);
        let connection = match timeout(within(options.connect_timeout, limits::HTTP_CONNECT), connecting).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(ConnectError::Denied(denial))) => return Err(self.deny(denial, Some(body))),
            Ok(Err(ConnectError::Failed(error))) => return Err(error),
            Err(_) => return Err(Error::ConnectionTimeout),
        };
        head.uri = head.uri.path_and_query().map_or_else(|| Uri::from_static("/"), |path| path.clone().into());
        let host = HeaderValue::try_from(target.authority()).map_err(|_| Error::HttpRequestUriInvalid)?;
        head.headers.insert(HOST, host);
        let request =
            Request::from_parts(head, Outgoing::new(body, self.secrets.finder(), Arc::clone(&self.transferred)));
        let (response, worker) = self.exchange(connection, request, patience).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            used.refuse();
        }
        let between = within(options.between_bytes_timeout, limits::HTTP_BETWEEN_BYTES);
        let response = receive(response, &scrubber, between, place, Arc::clone(&self.transferred))?;
        Ok((response, keep_open(worker)))
    }

    /// Checks the request before its secrets are injected.
    fn check(&self, method: &http::Method, uri: &Uri, headers: &HeaderMap) -> Result<Target, Denial> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        if asked > limits::HTTP_REQUESTS {
            let text = format!("the request was not sent: a task may send at most {} requests", limits::HTTP_REQUESTS);
            return Err(Denial::refused(text));
        }
        let odd = |why| Denial::refused(format!("the request was not sent: {why}"));
        if let Some(name) = REWRITING.into_iter().find(|name| headers.contains_key(*name)) {
            return Err(odd(format!("the header `{name}` is not allowed, because it can change the method or path")));
        }
        let target = Target::read(method, uri).map_err(odd)?;
        self.policy.check(&target)?;
        if self.secrets.finder().is_in(uri.to_string().as_bytes()) {
            let text =
                "the request was not sent: a secret's placeholder is allowed only in a header, not in the address";
            return Err(Denial::refused(text.to_owned()));
        }
        Ok(target)
    }

    /// Stores a refusal. The body is read to its end, so that the plugin gets "denied" and not a broken pipe.
    fn deny(&self, denial: Denial, body: Option<WasiBody>) -> Error {
        self.denials.add(denial);
        if let Some(mut body) = body {
            drop(tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} }));
        }
        Error::HttpRequestDenied
    }

    /// Waits until the attempt may send another request, and the rate allows a request to the host.
    async fn place(&self, target: &Target, patience: Duration) -> Result<OwnedSemaphorePermit, Error> {
        let waiting = timeout(patience, Arc::clone(&self.at_once).acquire_owned());
        let Ok(Ok(place)) = waiting.await else { return Err(Error::ConnectionLimitReached) };
        self.network.rates.turn(&self.policy.plugin, &target.host.as_rule()).await;
        Ok(place)
    }

    async fn exchange(
        &self,
        connection: Box<dyn Connection>,
        request: Request<Outgoing>,
        patience: Duration,
    ) -> Result<(Response<hyper::body::Incoming>, AbortOnDropJoinHandle<()>), Error> {
        let tripped = Arc::clone(&request.body().tripped);
        let builder = http1::Builder::new().max_buf_size(limits::HTTP_HEAD_BYTES).to_owned();
        let (mut sender, connection) = builder.handshake(TokioIo::new(connection)).await?;
        let worker = spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection of a plugin ended: {error}");
            }
        });
        let sent = timeout(patience, sender.send_request(request)).await.map_err(|_| Error::HttpResponseTimeout)?;
        match sent {
            Ok(response) => Ok((response, worker)),
            Err(_) if tripped.load(Ordering::Relaxed) => {
                let text =
                    "the request was aborted: a secret's placeholder is allowed only in a header, not in the body";
                Err(self.deny(Denial::refused(text.to_owned()), None))
            }
            Err(error) => Err(meaning(error)),
        }
    }
}

/// Builds the response for the plugin.
fn receive(
    response: Response<hyper::body::Incoming>,
    scrubber: &Scrubber,
    between: Duration,
    place: OwnedSemaphorePermit,
    transferred: Arc<AtomicU64>,
) -> Result<Response<WasiBody>, Error> {
    let (mut head, body) = response.into_parts();
    let number = |value: &HeaderValue| value.to_str().ok()?.parse::<usize>().ok();
    if head.headers.get(CONTENT_LENGTH).and_then(number).is_some_and(|size| size > limits::HTTP_RESPONSE_BYTES) {
        return Err(Error::HttpResponseBodySize(Some(limits::HTTP_RESPONSE_BYTES as u64)));
    }
    if let Some(coding) = coded(&head.headers).filter(|_| !scrubber.is_idle()) {
        return Err(Error::HttpResponseContentCoding(Some(coding)));
    }
    head.headers = scrubbed(std::mem::take(&mut head.headers), scrubber);
    let body = Incoming::new(body, Stream::new(scrubber.clone()), between, place, transferred);
    Ok(Response::from_parts(head, body.boxed_unsync()))
}

/// The content coding of a body, if there is one.
fn coded(headers: &HeaderMap) -> Option<String> {
    let is = |value: &HeaderValue, word: &[u8]| value.as_bytes().eq_ignore_ascii_case(word);
    let mut values = headers.get_all(CONTENT_ENCODING).iter().chain(headers.get_all(TRANSFER_ENCODING));
    let coding = values.find(|value| !is(value, b"identity") && !is(value, b"chunked"))?;
    Some(String::from_utf8_lossy(coding.as_bytes()).into_owned())
}

/// The headers without the values of secrets. A header is removed if its name contains a value.
fn scrubbed(headers: HeaderMap, scrubber: &Scrubber) -> HeaderMap {
    if scrubber.is_idle() {
        return headers;
    }
    let mut clean = HeaderMap::with_capacity(headers.len());
    let mut last = None;
    for (name, value) in headers {
        last = name.or(last);
        let Some(name) = last.clone() else { continue };
        let mut bytes = value.as_bytes().to_vec();
        scrubber.bytes(&mut bytes);
        let harmless = !scrubber.bytes(&mut name.as_str().as_bytes().to_vec());
        if let Some(value) = HeaderValue::from_bytes(&bytes).ok().filter(|_| harmless) {
            clean.append(name, value);
        }
    }
    clean
}

/// Keeps the connection open while the guest reads the response.
fn keep_open(worker: AbortOnDropJoinHandle<()>) -> Processing {
    Box::new(async move {
        worker.await;
        Ok(())
    })
}

/// The error code of `wasi:http` for an error of hyper.
fn meaning(error: hyper::Error) -> Error {
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        match inner.downcast_ref::<Error>() {
            Some(Error::HttpRequestBodySize(most)) => return Error::HttpRequestBodySize(*most),
            Some(Error::HttpRequestTrailerSectionSize(most)) => return Error::HttpRequestTrailerSectionSize(*most),
            _ => cause = inner.source(),
        }
    }
    if error.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(u32::try_from(limits::HTTP_HEAD_BYTES).ok());
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Error::HttpResponseIncomplete;
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_body_that_is_compressed_in_any_way_is_known() {
        for plain in [&[][..], &[("content-encoding", "Identity")], &[("transfer-encoding", "chunked")]] {
            assert_eq!(coded(&headers(plain)), None);
        }
        for coded_in in [
            &[("content-encoding", "gzip")][..],
            &[("content-encoding", "identity"), ("content-encoding", "br")],
            &[("content-encoding", "identity, gzip")],
            &[("transfer-encoding", "gzip, chunked")],
        ] {
            assert!(coded(&headers(coded_in)).is_some(), "{coded_in:?}");
        }
    }

    #[test]
    fn no_header_gives_a_secret_back() {
        let scrubber = Scrubber::of("s3cr3t-value").unwrap();
        let given = headers(&[("x-a", "my s3cr3t-value"), ("x-a", "other"), ("s3cr3t-value", "1"), ("x-b", "2")]);
        let clean = scrubbed(given, &scrubber);
        assert_eq!(clean.get_all("x-a").iter().collect::<Vec<_>>(), ["my ************", "other"]);
        assert_eq!((clean.len(), clean.get("x-b").unwrap().as_bytes()), (3, &b"2"[..]));
    }
}
