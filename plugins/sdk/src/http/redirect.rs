//! Follows redirects. Each redirect is a new request, which the host checks like any other request. Headers that identify the
//! sender are removed before a request to another origin.

use super::address::Address;
use super::model::{HttpError, Request, Response};

/// Headers that are removed when a redirect leads to another origin.
const PERSONAL: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Sends `request` by `exchange` until the answer is not a redirect.
///
/// # Errors
/// The errors of `exchange`. Also an error if there are more redirects than the request allows, or if a redirect has an invalid
/// address.
pub(super) fn follow(
    mut request: Request,
    exchange: impl Fn(&Request, &Address) -> Result<Response, HttpError>,
) -> Result<Response, HttpError> {
    let mut address = Address::read(&request.address)?;
    for _ in 0..=request.redirects {
        let response = exchange(&request, &address)?;
        let Some(location) = location(&response).filter(|_| request.redirects > 0) else {
            return Ok(response);
        };
        let next = address.join(&location).map_err(|_| {
            HttpError::Redirect(format!("{address} redirects to `{location}`, which is not an http address"))
        })?;
        forward(&mut request, response.status, address.same_origin(&next));
        address = next;
    }
    let most = request.redirects;
    Err(HttpError::Redirect(format!("{} redirects more than {most} times; the last is {address}", request.address)))
}

/// The target of a redirect.
fn location(response: &Response) -> Option<String> {
    let redirects = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    response.header("location").filter(|_| redirects).map(str::to_owned)
}

/// Makes the request that follows a redirect.
fn forward(request: &mut Request, status: u16, same_origin: bool) {
    // As in all browsers: the next request is a GET after 303, and after 301 or 302 if this request is a POST.
    let becomes_get =
        status == 303 && request.method != "HEAD" || matches!(status, 301 | 302) && request.method == "POST";
    if becomes_get {
        "GET".clone_into(&mut request.method);
        request.body.clear();
        request.headers.retain(|(name, _)| !name.starts_with("content-"));
    }
    if !same_origin {
        request.headers.retain(|(name, _)| !PERSONAL.contains(&name.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::http::{get, post};

    /// A request as the server received it.
    #[derive(Clone)]
    struct ReceivedRequest {
        method: String,
        header_names: Vec<String>,
        body_bytes: usize,
    }

    /// Answers with the redirects in their order, then with 200, and keeps the requests.
    struct Server {
        redirects: Vec<(u16, &'static str)>,
        received: RefCell<Vec<ReceivedRequest>>,
    }

    impl Server {
        fn new(redirects: &[(u16, &'static str)]) -> Self {
            Self { redirects: redirects.to_vec(), received: RefCell::default() }
        }

        fn follow(&self, request: Request) -> Result<Response, HttpError> {
            follow(request, |request, address| {
                let mut received = self.received.borrow_mut();
                received.push(ReceivedRequest {
                    method: request.method.clone(),
                    header_names: request.headers.iter().map(|(name, _)| name.clone()).collect(),
                    body_bytes: request.body.len(),
                });
                let (status, headers) = match self.redirects.get(received.len() - 1) {
                    Some((status, to)) => (*status, vec![("location".to_owned(), to.as_bytes().to_vec())]),
                    None => (200, Vec::new()),
                };
                Ok(Response { status, headers, body: Vec::new(), address: address.to_string() })
            })
        }

        fn last(&self) -> ReceivedRequest {
            self.received.borrow().last().unwrap().clone()
        }
    }

    #[test]
    fn redirects_are_followed_to_the_end() {
        let server = Server::new(&[(302, "/b"), (307, "c"), (308, "//x.y/d")]);
        assert_eq!(server.follow(get("https://a.b/a")).unwrap().address, "https://x.y/d");
        assert_eq!(server.received.borrow().len(), 4);
        let kept = Server::new(&[(302, "/b")]).follow(get("https://a.b/a").redirects(0)).unwrap();
        assert_eq!(kept.status, 302);
    }

    #[test]
    fn too_many_redirects_are_an_error() {
        let server = Server::new(&[(302, "/again"); 20]);
        let error = server.follow(get("https://a.b/a")).unwrap_err();
        assert!(matches!(&error, HttpError::Redirect(text) if text.contains("more than 10 times")), "{error}");
        assert_eq!(server.received.borrow().len(), 11);
        assert!(matches!(Server::new(&[(302, "file:///x")]).follow(get("https://a.b/")), Err(HttpError::Redirect(_))));
    }

    #[test]
    fn headers_that_identify_the_sender_stay_with_the_first_server() {
        let ask = || get("https://a.b/").header("Authorization", "x").header("Cookie", "x").header("Accept", "x");
        let own = Server::new(&[(302, "/b")]);
        own.follow(ask()).unwrap();
        assert_eq!(own.last().header_names, ["authorization", "cookie", "accept"]);
        for elsewhere in ["https://c.d/", "http://a.b/", "https://a.b:444/"] {
            let other = Server::new(&[(307, elsewhere), (302, "https://a.b/")]);
            other.follow(ask()).unwrap();
            assert_eq!(other.last().header_names, ["accept"], "{elsewhere}, and not on the way back either");
        }
    }

    #[test]
    fn the_body_is_sent_again_only_with_the_same_method() {
        for (status, method, body) in
            [(303, "GET", 0), (302, "GET", 0), (301, "GET", 0), (307, "POST", 1), (308, "POST", 1)]
        {
            let server = Server::new(&[(status, "/b")]);
            server.follow(post("https://a.b/").header("content-type", "text/plain").body("x")).unwrap();
            let last = server.last();
            assert_eq!(
                (last.method.as_str(), last.body_bytes, last.header_names.len()),
                (method, body, body),
                "{status}"
            );
        }
        let server = Server::new(&[(303, "/b")]);
        server.follow(Request::new("HEAD", "https://a.b/")).unwrap();
        assert_eq!(server.last().method, "HEAD");
    }
}
