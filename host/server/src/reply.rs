//! Replies of the server itself: a line of text, or JSON.

use std::convert::Infallible;

use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

/// The response to a request.
pub(crate) type Reply = Response<BoxBody<Bytes, Infallible>>;

/// A reply with one line.
pub(crate) fn text(status: StatusCode, text: &str) -> Reply {
    let mut reply = of_type("text/plain; charset=utf-8", format!("{text}\n"));
    *reply.status_mut() = status;
    reply
}

/// A reply with a JSON value.
pub(crate) fn json(value: &Value) -> Reply {
    of_type("application/json", value.to_string())
}

fn of_type(media_type: &'static str, body: String) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)).boxed());
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply
}

/// The reply, which keeps `permit` until its body was sent or the connection has ended.
pub(crate) fn holding(permit: OwnedSemaphorePermit, reply: Reply) -> Reply {
    reply.map(|body| {
        let keep = move |frame| {
            let _held = &permit;
            frame
        };
        body.map_frame(keep).boxed()
    })
}
