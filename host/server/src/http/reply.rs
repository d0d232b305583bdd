//! Replies of the server itself, as plain text.

use std::convert::Infallible;

use http::{Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use tokio::sync::OwnedSemaphorePermit;

/// The response to a request.
pub(super) type Reply = Response<BoxBody<Bytes, Infallible>>;

/// A reply with one line.
pub(super) fn text(status: StatusCode, text: &str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(format!("{text}\n"))).boxed());
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    reply
}

/// The reply, which keeps `permit` until its body was sent or the connection has ended.
pub(super) fn holding(permit: OwnedSemaphorePermit, reply: Reply) -> Reply {
    reply.map(|body| {
        let keep = move |frame| {
            let _held = &permit;
            frame
        };
        body.map_frame(keep).boxed()
    })
}
