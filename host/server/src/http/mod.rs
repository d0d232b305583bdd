//! The server of all agents over HTTP on the port of `[server]` in `baton.toml`, inside the daemon: MCP at `/mcp`, and A2A at
//! `/a2a` if it is switched on.
//!
//! [`guard`] checks each request first: a Host that names this server (421), no Origin (403), a token that is bound to one
//! agent (401). Baton reads the body completely, with limits on size and time, before it passes the request to the
//! protocol. Each agent has a separate server, so a token gives no access to the inbox of another agent. Claims over HTTP
//! belong to the agent, not to a connection: they end when the agent makes no call for half an hour.

mod guard;
mod tokens;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use baton_dispatch::DispatchError;
use baton_dispatch::agent_work::{AgentSession, AgentWork};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use self::guard::AllowedHosts;
pub use self::tokens::TokenStore;
use crate::a2a::{self, A2aServer};
use crate::limits;
use crate::mcp::McpServer;
use crate::parts::ServerParts;
use crate::reply::{Reply, holding, text};

/// The header that names a session.
const SESSION: &str = "mcp-session-id";

/// The path of the MCP server.
pub const PATH: &str = "/mcp";

/// The server of one agent, and its sessions.
#[derive(Clone)]
struct AgentService {
    protocol: StreamableHttpService<McpServer, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    a2a: A2aServer,
    streams: Arc<Semaphore>,
}

/// The protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Mcp,
    A2a,
}

impl Protocol {
    /// The protocol at a path.
    fn at(path: &str, settings: &HttpSettings) -> Option<Self> {
        match path {
            PATH => Some(Self::Mcp),
            _ if settings.a2a && a2a::serves(path) => Some(Self::A2a),
            _ => None,
        }
    }
}

/// The settings of the operator.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The names under which the server may be called.
    pub hosts: AllowedHosts,
    /// True if A2A is served.
    pub a2a: bool,
}

impl AgentService {
    /// Reads the body, and passes the request to its protocol.
    async fn answer(&self, protocol: Protocol, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        match timeout(limits::BODY, Limited::new(body, limits::BODY_BYTES).collect()).await {
            Ok(Ok(body)) => match protocol {
                Protocol::Mcp => self.protocol.handle(Request::from_parts(head, Full::new(body.to_bytes()))).await,
                Protocol::A2a => self.a2a.answer(&head, &body.to_bytes()).await,
            },
            Ok(Err(_)) => text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or was cut off"),
            Err(_) => text(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
        }
    }
}

/// The server. It serves until it is dropped.
pub struct HttpServer {
    work: Arc<AgentWork>,
    parts: Arc<ServerParts>,
    tokens: TokenStore,
    settings: HttpSettings,
    services: Mutex<BTreeMap<String, AgentService>>,
}

impl HttpServer {
    /// Creates a server for the agents that have a token.
    #[must_use]
    pub fn new(work: Arc<AgentWork>, parts: Arc<ServerParts>, tokens: TokenStore, settings: HttpSettings) -> Arc<Self> {
        Arc::new(Self { work, parts, tokens, settings, services: Mutex::default() })
    }

    /// Accepts at most [`limits::CONNECTIONS`] connections at a time. Further connections wait in the queue of the system.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let connections = Arc::new(Semaphore::new(limits::CONNECTIONS));
        loop {
            let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let server = Arc::clone(&self);
                    tokio::spawn(async move {
                        server.connection(stream, peer).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the server cannot accept a connection");
                    tokio::time::sleep(limits::ACCEPT_AGAIN).await;
                }
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let service = service_fn(move |request| {
            let server = Arc::clone(&self);
            async move { Ok::<_, Infallible>(server.reply(request).await) }
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEADERS)
            .max_buf_size(limits::HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Err(error) = served {
            tracing::debug!(%peer, %error, "a connection ended with an error");
        }
    }

    async fn reply(&self, request: Request<Incoming>) -> Reply {
        if let Err(refusal) = guard::check(&request, &self.settings.hosts) {
            return refusal.into_reply();
        }
        let Some(protocol) = Protocol::at(request.uri().path(), &self.settings) else {
            return text(StatusCode::NOT_FOUND, "the MCP server is at /mcp; A2A needs `a2a = true` in [server]");
        };
        let agent = guard::bearer(&request).and_then(|token| self.tokens.agent_of(token));
        let Some(agent) = agent else {
            let mut reply = text(
                StatusCode::UNAUTHORIZED,
                "the token is missing or wrong; `baton mcp --agent NAME --http-token` prints the one of an agent",
            );
            reply.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            return reply;
        };
        let service = match self.service(&agent).await {
            Ok(service) => service,
            Err(error) => return text(StatusCode::FORBIDDEN, &error.to_string()),
        };
        let begins_session = protocol == Protocol::Mcp && !request.headers().contains_key(SESSION);
        if begins_session && service.sessions.sessions.read().await.len() >= limits::SESSIONS {
            return text(
                StatusCode::TOO_MANY_REQUESTS,
                "this agent has too many sessions; end one, or wait five minutes",
            );
        }
        let Ok(permit) = Arc::clone(&service.streams).try_acquire_owned() else {
            return text(
                StatusCode::TOO_MANY_REQUESTS,
                "this agent has too many open requests and streams; close one, or wait until one ends",
            );
        };
        holding(permit, service.answer(protocol, request).await)
    }

    /// The server of an agent.
    async fn service(&self, agent: &str) -> Result<AgentService, DispatchError> {
        let known = || self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = known().get(agent) {
            return Ok(service.clone());
        }
        let holder = format!("http:{agent}");
        let session = AgentSession::new(Arc::clone(&self.work), agent, holder, limits::HTTP_CLAIM).await?;
        let a2a = A2aServer::new(session.clone(), Arc::clone(&self.parts));
        let server = McpServer::new(session, Arc::clone(&self.parts)).renewing_claims();
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .enforce_origin_validation()
            .with_max_request_body_bytes(limits::BODY_BYTES);
        let sessions = Arc::<LocalSessionManager>::default();
        let protocol = StreamableHttpService::new(move || Ok(server.clone()), Arc::clone(&sessions), config);
        let service = AgentService { protocol, sessions, a2a, streams: Arc::new(Semaphore::new(limits::STREAMS)) };
        // Another request of this agent may have created the service in the meantime. Its limits must count all requests of the
        // agent, so there is only one service.
        Ok(known().entry(agent.to_owned()).or_insert(service).clone())
    }
}
