//! Tests with a local server that also sends invalid answers.

use std::io::Write as _;
use std::net::TcpListener;

use super::*;
use crate::test_server::{answer, server};

fn path(request: &str) -> &str {
    request.trim_start_matches("GET ")
}

fn fetch(url: &str) -> Result<DownloadedFile, FetchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(download(&url.parse().unwrap()))
}

#[test]
fn a_component_is_fetched_with_or_without_a_signature() {
    let address = server(|request, stream| match path(request) {
        "/signed.wasm" | "/bare.wasm" | "/forbidden.wasm" => answer(stream, "200 OK", "", b"component"),
        "/signed.wasm.minisig" => answer(stream, "200 OK", "", b"signature"),
        "/forbidden.wasm.minisig" => answer(stream, "403 Forbidden", "", b"<Error/>"),
        "/locked.wasm" => answer(stream, "401 Unauthorized", "", b""),
        _ => answer(stream, "404 Not Found", "", b""),
    });
    for (name, signature) in [("signed", Some("signature")), ("bare", None), ("forbidden", None)] {
        let got = fetch(&format!("{address}/{name}.wasm")).unwrap();
        assert_eq!(
            (got.component.as_slice(), got.signature.as_deref()),
            (b"component".as_slice(), signature),
            "{name}"
        );
    }
    let locked = fetch(&format!("{address}/locked.wasm")).unwrap_err();
    assert!(locked.to_string().contains("fetch the file yourself"), "{locked}");
    let missing = fetch(&format!("{address}/missing.wasm")).unwrap_err();
    assert!(matches!(missing, FetchError::NotFound { .. }), "{missing}");
}

#[test]
fn only_a_few_redirects_within_tls_are_followed() {
    let address = server(|request, stream| {
        let to = match path(request).trim_end_matches(".minisig") {
            "/first" => "/second".to_owned(),
            "/second" => "/end".to_owned(),
            "/plain" => "http://192.0.2.1/x.wasm".to_owned(),
            "/end" => return answer(stream, "200 OK", "", b"component"),
            round => round.to_owned(),
        };
        answer(stream, "302 Found", &format!("Location: {to}\r\n"), b"")
    });
    assert_eq!(fetch(&format!("{address}/first")).unwrap().component, b"component");
    for (path, says) in [("round", "more than 5 times"), ("plain", "only redirects to https://")] {
        let error = fetch(&format!("{address}/{path}")).unwrap_err();
        assert!(matches!(error, FetchError::Refused { .. }) && error.to_string().contains(says), "{error}");
    }
}

#[test]
fn too_large_answers_are_not_read() {
    let address = server(|request, stream| match path(request) {
        "/said" => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"),
        "/signature" => answer(stream, "200 OK", "", b"component"),
        _ => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = vec![b'x'; 1 << 20];
            // Sends bytes until the client closes the connection.
            loop {
                stream.write_all(b"100000\r\n")?;
                stream.write_all(&chunk)?;
                stream.write_all(b"\r\n")?;
            }
        }
    });
    for path in ["said", "endless", "signature"] {
        let error = fetch(&format!("{address}/{path}")).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { .. }), "{path}: {error}");
    }
}

#[test]
fn incomplete_answers_are_errors() {
    let address = server(|request, stream| match path(request) {
        "/short" => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"),
        "/chunk" => stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nonly "),
        _ => answer(stream, "500 Internal Server Error", "", b"the disk is full"),
    });
    let short = fetch(&format!("{address}/short")).unwrap_err();
    assert!(matches!(short, FetchError::Truncated { expected: 100, found: 9, .. }), "{short}");
    let chunk = fetch(&format!("{address}/chunk")).unwrap_err();
    assert!(chunk.to_string().contains("broke off"), "{chunk}");
    let broken = fetch(&format!("{address}/other")).unwrap_err();
    assert!(broken.to_string().contains("500") && broken.to_string().contains("the disk is full"), "{broken}");
}

#[test]
fn unreachable_servers_and_servers_without_tls_are_distinguished_from_refusals() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fetch(&format!("http://{closed}/x.wasm")).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/x.wasm", plain.local_addr().unwrap());
    std::thread::spawn(move || answer(&mut plain.accept().unwrap().0, "400 Bad Request", "", b""));
    let error = fetch(&url).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
}

#[test]
fn the_signature_has_the_path_of_the_component_and_its_query() {
    for (url, signature) in [
        ("https://example.org/a/x.wasm", "https://example.org/a/x.wasm.minisig"),
        ("https://example.org/x.wasm?token=1", "https://example.org/x.wasm.minisig?token=1"),
    ] {
        assert_eq!(signature_url(&url.parse().unwrap()).as_str(), signature);
    }
}
