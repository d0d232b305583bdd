//! Tests with faulty and malicious registries. `tests/e2e/oci.rs` tests a real registry.

use super::*;
use crate::FetchError;
use crate::test_server::{answer, server};

/// The reference `noop:1` at the server of this address.
fn at(address: &str) -> OciReference {
    format!("oci://{}/noop:1", address.trim_start_matches("http://")).parse().unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn an_endless_manifest_is_too_large() {
    let address = server(|request, stream| {
        if request == "GET /v2/" {
            return answer(stream, "200 OK", "", b"{}");
        }
        std::io::Write::write_all(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
        loop {
            std::io::Write::write_all(stream, &chunk)?;
        }
    });
    let error = run(pull(&at(&address), &Access::anonymous())).unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { limit: 4_194_304, .. }), "{error}");
}

#[test]
fn a_server_that_is_not_a_registry_is_an_error() {
    let website = server(|_, stream| answer(stream, "200 OK", "Content-Type: text/html\r\n", b"<html>hello</html>"));
    let error = run(pull(&at(&website), &Access::anonymous())).unwrap_err();
    assert!(matches!(error, FetchError::NotAPackage { .. }), "{error}");
    let broken = server(|_, stream| answer(stream, "503 Service Unavailable", "", b"come back later"));
    let error = run(pull(&at(&broken), &Access::anonymous())).unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }) && error.to_string().contains("come back later"), "{error}");
}

#[test]
fn an_unreachable_token_server_is_an_error() {
    let address = server(|request, stream| {
        let host = "127.0.0.1:1";
        match request {
            "GET /v2/" => answer(
                stream,
                "401 Unauthorized",
                &format!("WWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"x\"\r\n"),
                b"",
            ),
            _ => answer(stream, "401 Unauthorized", "", b""),
        }
    });
    let error = run(pull(&at(&address), &Access::anonymous())).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "the token server does not exist: {error}");
}

#[test]
fn an_upload_with_an_invalid_redirect_does_not_panic() {
    for location in ["no address", "http://[", "\u{1}"] {
        let address = server(move |request, stream| match request.split(' ').next() {
            Some("GET") => answer(stream, "200 OK", "", b"{}"),
            Some("HEAD") => answer(stream, "404 Not Found", "", b""),
            _ => answer(stream, "202 Accepted", &format!("Location: {location}\r\n"), b""),
        });
        let pushed = run(push(&at(&address), COMPONENT, &Publication::default(), &Access::anonymous()));
        let error = pushed.unwrap_err();
        assert!(matches!(error, FetchError::Refused { .. } | FetchError::Unreachable { .. }), "{location}: {error}");
    }
}

#[test]
fn a_digest_in_the_target_is_refused_before_anything_is_sent() {
    let pinned = at("http://127.0.0.1:1").pinned(&format!("sha256:{}", "0".repeat(64)));
    let pushed = run(push(&pinned, COMPONENT, &Publication::default(), &Access::anonymous()));
    assert!(matches!(pushed, Err(FetchError::Unpublishable(_))), "{pushed:?}");
}
