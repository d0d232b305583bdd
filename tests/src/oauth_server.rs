//! A strict OAuth server on loopback: PKCE with S256, an exact redirect, codes that work once, and refresh tokens that are
//! replaced at each use. If a code is used twice, the server ends the consent of that code (RFC 9700, 4.14.2). If an old
//! refresh token is used, the server ends all consents.
//!
//! | address | what |
//! |---|---|
//! | `GET /authorize` | consents at once: redirects with a code; 400 if the request is not exactly right |
//! | `POST /token` | `authorization_code`, `refresh_token`, device code |
//! | `POST /device` | a code for another device, which the test approves |
//! | `GET /v1/me`, or `POST` with a token without a scheme | the owner of an access token, or 401 |
//! | `GET /v1/echo` | repeats the access token in a header and in the body |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::fake_service::{Answer, FakeService, encoded, form, parts, value};
use crate::server::ReceivedRequest;

/// The client ID that the server knows.
pub const CLIENT_ID: &str = "client-of-the-operator";

/// Every token begins with this, so that a test can search for all of them.
pub const TOKEN_PREFIX: &str = "t0k3n";

/// The state of the server.
#[derive(Debug)]
struct Consents {
    /// The issued codes, by their text.
    codes: BTreeMap<String, Code>,
    /// The tokens of each consent.
    families: Vec<Family>,
    device: Option<Device>,
    drawn: u64,
    lifetime: u64,
    refreshes: usize,
    token_requests: usize,
    /// The pause after a token request took effect.
    pause: Duration,
    /// The statuses of the next token requests. These requests have no effect.
    faults: Vec<&'static str>,
    refuses: bool,
    problems: Vec<String>,
}

#[derive(Debug)]
struct Code {
    challenge: String,
    redirect: String,
    scope: String,
    family: Option<usize>,
}

#[derive(Debug)]
struct Family {
    scope: String,
    refresh: String,
    /// The access tokens, each with the time when it expires.
    access: Vec<(String, Instant)>,
    revoked: bool,
}

#[derive(Debug)]
struct Device {
    code: String,
    scope: String,
    approved: bool,
}

/// The server. Clones share it, and other fakes ask it about tokens.
#[derive(Clone)]
pub struct OAuthServer {
    consents: Arc<Mutex<Consents>>,
    service: Arc<FakeService>,
}

impl OAuthServer {
    /// Starts the server.
    #[must_use]
    pub fn start() -> Self {
        let consents = Arc::new(Mutex::new(Consents {
            codes: BTreeMap::new(),
            families: Vec::new(),
            device: None,
            drawn: 0,
            lifetime: 3600,
            refreshes: 0,
            token_requests: 0,
            pause: Duration::ZERO,
            faults: Vec::new(),
            refuses: false,
            problems: Vec::new(),
        }));
        let own = Arc::clone(&consents);
        let service = FakeService::start(move |request| {
            let mut consents = own.lock().unwrap_or_else(PoisonError::into_inner);
            consents.answer(request)
        });
        Self { consents, service: Arc::new(service) }
    }

    fn state(&self) -> MutexGuard<'_, Consents> {
        self.consents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        self.service.address()
    }

    /// The lines of `baton.toml` that lead an account to this server.
    #[must_use]
    pub fn settings(&self, service: &str) -> String {
        let address = self.address();
        format!(
            "\n[accounts.{service}]\nclient_id = \"{CLIENT_ID}\"\nauthorize_url = \"{address}/authorize\"\n\
             token_url = \"{address}/token\"\ndevice_url = \"{address}/device\"\nidentity_url = \"{address}/v1/me\"\n"
        )
    }

    /// A personal token, which the server accepts as an access token.
    #[must_use]
    pub fn personal_token(&self) -> String {
        let mut state = self.state();
        let (family, token) = (state.begin("personal".to_owned()), state.draw("personal"));
        if let Some(family) = state.families.get_mut(family) {
            family.access.push((token.clone(), Instant::now() + Duration::from_hours(1)));
        }
        token
    }

    /// How long access tokens issued from now on are valid, in seconds.
    pub fn set_lifetime(&self, seconds: u64) {
        self.state().lifetime = seconds;
    }

    /// Pauses after each token request took effect, before it is answered.
    pub fn set_pause(&self, pause: Duration) {
        self.state().pause = pause;
    }

    /// Answers the next token requests with these statuses.
    pub fn fail_with(&self, statuses: &[&'static str]) {
        self.state().faults = statuses.to_vec();
    }

    /// Refuses consents from now on.
    pub fn refuse(&self) {
        self.state().refuses = true;
    }

    /// Ends all consents, as a user can do at the service.
    pub fn revoke(&self) {
        self.state().families.iter_mut().for_each(|family| family.revoked = true);
    }

    /// Ends all access tokens before their time. Refresh tokens stay valid.
    pub fn expire_access_tokens(&self) {
        self.state().families.iter_mut().for_each(|family| family.access.clear());
    }

    /// Approves the device code, as the operator does on another device.
    pub fn approve_device(&self) {
        if let Some(device) = &mut self.state().device {
            device.approved = true;
        }
    }

    /// How often a refresh token was exchanged.
    #[must_use]
    pub fn refreshes(&self) -> usize {
        self.state().refreshes
    }

    /// How many token requests there were.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        self.state().token_requests
    }

    /// The client's protocol errors, such as a reused old token.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.state().problems.clone()
    }

    /// True if `authorization` has a valid access token with this scope.
    #[must_use]
    pub fn accepts(&self, authorization: Option<&str>, scope: &str) -> bool {
        self.state().family_of(authorization).is_some_and(|family| family.scope.split(' ').any(|own| own == scope))
    }

    /// True if `authorization` has a valid access token.
    #[must_use]
    pub fn knows(&self, authorization: Option<&str>) -> bool {
        self.state().family_of(authorization).is_some()
    }
}

impl Consents {
    fn answer(&mut self, request: &ReceivedRequest) -> Answer {
        let method = request.line.split(' ').next().unwrap_or_default();
        let (path, query) = parts(request);
        match (method, path.as_str()) {
            ("GET", "/authorize") => self.authorize(&query),
            ("POST", "/token") => self.token_request(request),
            ("POST", "/device") => self.device(&form(&request.body)),
            ("GET" | "POST", "/v1/me") => match self.family_of(authorization(method, request).as_deref()) {
                Some(_) => Answer::json("200 OK", &json!({ "display_name": "A Listener", "id": "listener" })),
                None => Answer::json("401 Unauthorized", &json!({ "error": { "status": 401, "message": "no" } })),
            },
            ("GET", "/v1/echo") => {
                let sent = request.header("authorization").unwrap_or_default();
                Answer::json("200 OK", &json!({ "echo": sent })).with("X-Echo", sent)
            }
            _ => Answer::text("404 Not Found", "no such page"),
        }
    }

    fn family_of(&self, authorization: Option<&str>) -> Option<&Family> {
        let token = authorization?.strip_prefix("Bearer ")?;
        let now = Instant::now();
        let valid =
            |family: &&Family| !family.revoked && family.access.iter().any(|(own, end)| own == token && *end > now);
        self.families.iter().find(valid)
    }

    fn draw(&mut self, kind: &str) -> String {
        self.drawn += 1;
        let digest = Sha256::digest(format!("{kind} {} {:?}", self.drawn, std::thread::current().id()));
        format!("{TOKEN_PREFIX}-{kind}-{}", URL_SAFE_NO_PAD.encode(digest))
    }

    fn authorize(&mut self, query: &[(String, String)]) -> Answer {
        let get = |name: &str| value(query, name).unwrap_or_default();
        let (redirect, state, challenge) = (get("redirect_uri"), get("state"), get("code_challenge"));
        let is_redirect = redirect
            .strip_prefix("http://127.0.0.1:")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(port, path)| port.parse::<u16>().is_ok() && path == "callback");
        let is_right = get("response_type") == "code"
            && get("client_id") == CLIENT_ID
            && is_redirect
            && get("code_challenge_method") == "S256"
            && URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|digest| digest.len() == 32)
            && state.len() >= 16
            && !get("scope").is_empty();
        if !is_right {
            self.problems.push(format!("the authorization request is wrong: {query:?}"));
            return Answer::text("400 Bad Request", "the authorization request is wrong");
        }
        let to = |more: &str| {
            Answer::empty("302 Found").with("Location", &format!("{redirect}?{more}&state={}", encoded(state)))
        };
        if self.refuses {
            return to("error=access_denied");
        }
        let code = self.draw("code");
        let scope = get("scope").to_owned();
        let stored = Code { challenge: challenge.to_owned(), redirect: redirect.to_owned(), scope, family: None };
        self.codes.insert(code.clone(), stored);
        to(&format!("code={}", encoded(&code)))
    }

    fn device(&mut self, form: &[(String, String)]) -> Answer {
        if value(form, "client_id") != Some(CLIENT_ID) {
            return error("invalid_client", "no such client");
        }
        let code = self.draw("device");
        let scope = value(form, "scope").unwrap_or_default().to_owned();
        self.device = Some(Device { code: code.clone(), scope, approved: false });
        let answer = json!({
            "device_code": code, "user_code": "WDJB-MJHT", "verification_uri": "http://127.0.0.1/device",
            "expires_in": 60, "interval": 1,
        });
        Answer::json("200 OK", &answer)
    }

    fn token_request(&mut self, request: &ReceivedRequest) -> Answer {
        self.token_requests += 1;
        if !self.faults.is_empty() {
            return Answer::text(self.faults.remove(0), "out of order");
        }
        let is_form =
            request.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let form = form(&request.body);
        if !is_form || value(&form, "client_id") != Some(CLIENT_ID) {
            return error("invalid_client", "not a form of the client");
        }
        let mut answer = match value(&form, "grant_type") {
            Some("authorization_code") => self.exchange(&form),
            Some("refresh_token") => self.refresh(value(&form, "refresh_token").unwrap_or_default()),
            Some("urn:ietf:params:oauth:grant-type:device_code") => {
                self.device_token(value(&form, "device_code").unwrap_or_default())
            }
            _ => error("unsupported_grant_type", "no such grant"),
        };
        answer.pause = self.pause;
        answer
    }

    fn exchange(&mut self, form: &[(String, String)]) -> Answer {
        let code = value(form, "code").unwrap_or_default();
        let Some(stored) = self.codes.get(code) else { return error("invalid_grant", "no such code") };
        if let Some(family) = stored.family {
            self.end(family, "a code was used twice");
            return error("invalid_grant", "this code was used");
        }
        let verifier = value(form, "code_verifier").unwrap_or_default();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        if !(43..=128).contains(&verifier.len()) || challenge != stored.challenge {
            self.problems.push("the verifier does not fit the challenge".to_owned());
            return error("invalid_grant", "the verifier does not fit");
        }
        if value(form, "redirect_uri") != Some(stored.redirect.as_str()) {
            self.problems.push("the redirect is another one".to_owned());
            return error("invalid_grant", "the redirect is another one");
        }
        let scope = stored.scope.clone();
        let family = self.begin(scope);
        if let Some(stored) = self.codes.get_mut(code) {
            stored.family = Some(family);
        }
        self.issue(family)
    }

    fn device_token(&mut self, code: &str) -> Answer {
        match &self.device {
            // GitHub answers such errors with 200.
            Some(device) if device.code == code && !device.approved => {
                Answer::json("200 OK", &json!({ "error": "authorization_pending" }))
            }
            Some(device) if device.code == code => {
                let scope = device.scope.clone();
                self.device = None;
                let family = self.begin(scope);
                self.issue(family)
            }
            _ => error("expired_token", "no such code"),
        }
    }

    fn refresh(&mut self, token: &str) -> Answer {
        let is_of = |family: &Family| family.refresh == token;
        if let Some(family) = self.families.iter().position(is_of) {
            if self.families.get(family).is_some_and(|family| family.revoked) {
                return error("invalid_grant", "Refresh token revoked");
            }
            self.refreshes += 1;
            return self.issue(family);
        }
        // The server does not record to which consent an old token belongs, so it ends all consents. No test may cause
        // that.
        for family in 0..self.families.len() {
            self.end(family, "an old refresh token was used");
        }
        error("invalid_grant", "Invalid refresh token")
    }

    fn begin(&mut self, scope: String) -> usize {
        self.families.push(Family { scope, refresh: String::new(), access: Vec::new(), revoked: false });
        self.families.len() - 1
    }

    fn end(&mut self, family: usize, why: &str) {
        self.problems.push(why.to_owned());
        if let Some(family) = self.families.get_mut(family) {
            family.revoked = true;
        }
    }

    fn issue(&mut self, family: usize) -> Answer {
        let (access, refresh, lifetime) = (self.draw("access"), self.draw("refresh"), self.lifetime);
        let Some(family) = self.families.get_mut(family) else { return error("server_error", "no family") };
        family.refresh.clone_from(&refresh);
        family.access.push((access.clone(), Instant::now() + Duration::from_secs(lifetime)));
        let answer = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": lifetime, "refresh_token": refresh,
            "scope": family.scope,
        });
        Answer::json("200 OK", &answer)
    }
}

/// The header with the token. Linear's key comes with a `POST` and has no scheme.
fn authorization(method: &str, request: &ReceivedRequest) -> Option<String> {
    let header = request.header("authorization")?;
    Some(if method == "POST" { format!("Bearer {header}") } else { header.to_owned() })
}

fn error(code: &str, words: &str) -> Answer {
    Answer::json("400 Bad Request", &json!({ "error": code, "error_description": words }))
}
