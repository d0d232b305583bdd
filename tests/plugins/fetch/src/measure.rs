//! What a plugin can measure of an arriving body: the size of each piece, in order.

use baton_plugin_sdk::Error;
use serde_json::{Value, json};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{Fields, OutgoingRequest, Scheme};
use wasip2::io::streams::StreamError;

/// Requests `url`, which is `http`, and reads each piece as soon as it arrives.
pub(crate) fn pieces(url: &str) -> Result<Value, Error> {
    let wrong = |what: &str| Error::Permanent(format!("{url}: {what}"));
    let (authority, path) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).ok_or_else(|| wrong("not an address"))?;
    let request = OutgoingRequest::new(Fields::new());
    let set = request.set_scheme(Some(&Scheme::Http)).and_then(|()| request.set_authority(Some(authority)));
    set.and_then(|()| request.set_path_with_query(Some(&format!("/{path}")))).map_err(|()| wrong("not sent"))?;
    let sent = outgoing_handler::handle(request, None).map_err(|code| wrong(&format!("{code:?}")))?;
    sent.subscribe().block();
    let Some(Ok(Ok(response))) = sent.get() else { return Err(wrong("no response")) };
    let body = response.consume().map_err(|()| wrong("no body"))?;
    let stream = body.stream().map_err(|()| wrong("no stream"))?;
    let mut sizes = Vec::new();
    loop {
        match stream.blocking_read(1 << 16) {
            Ok(piece) if piece.is_empty() => {}
            Ok(piece) => sizes.push(piece.len()),
            Err(StreamError::Closed) => return Ok(json!(sizes)),
            Err(StreamError::LastOperationFailed(_)) => return Err(wrong("broken off")),
        }
    }
}
