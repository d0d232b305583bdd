//! JSON-RPC 2.0: a call, its response, and the errors of A2A.

use baton_dispatch::DispatchError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::limits;
use crate::text::line;

/// Why a call has no result. The codes are those of JSON-RPC and of the A2A specification.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RpcError {
    Parse(String),
    InvalidRequest(String),
    MethodNotFound(String),
    InvalidParams(String),
    Internal(String),
    RateLimited(String),
    TaskNotFound(String),
    TaskNotCancelable(String),
    PushNotificationNotSupported,
    UnsupportedOperation(String),
    ContentTypeNotSupported(String),
    VersionNotSupported(String),
}

impl From<DispatchError> for RpcError {
    fn from(error: DispatchError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl RpcError {
    fn code(&self) -> i32 {
        match self {
            Self::Parse(_) => -32700,
            Self::InvalidRequest(_) => -32600,
            Self::MethodNotFound(_) => -32601,
            Self::InvalidParams(_) => -32602,
            Self::Internal(_) | Self::RateLimited(_) => -32603,
            Self::TaskNotFound(_) => -32001,
            Self::TaskNotCancelable(_) => -32002,
            Self::PushNotificationNotSupported => -32003,
            Self::UnsupportedOperation(_) => -32004,
            Self::ContentTypeNotSupported(_) => -32005,
            Self::VersionNotSupported(_) => -32009,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Parse(_) => "PARSE_ERROR",
            Self::InvalidRequest(_) => "INVALID_REQUEST",
            Self::MethodNotFound(_) => "METHOD_NOT_FOUND",
            Self::InvalidParams(_) => "INVALID_PARAMS",
            Self::Internal(_) => "INTERNAL",
            Self::RateLimited(_) => "RATE_LIMITED",
            Self::TaskNotFound(_) => "TASK_NOT_FOUND",
            Self::TaskNotCancelable(_) => "TASK_NOT_CANCELABLE",
            Self::PushNotificationNotSupported => "PUSH_NOTIFICATION_NOT_SUPPORTED",
            Self::UnsupportedOperation(_) => "UNSUPPORTED_OPERATION",
            Self::ContentTypeNotSupported(_) => "CONTENT_TYPE_NOT_SUPPORTED",
            Self::VersionNotSupported(_) => "VERSION_NOT_SUPPORTED",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Parse(why) => format!("the body is not JSON: {why}"),
            Self::InvalidRequest(why) => format!("the body is not a call of JSON-RPC 2.0: {why}"),
            Self::MethodNotFound(name) => format!("there is no method `{}`", line(name)),
            Self::InvalidParams(why) => format!("wrong parameters: {}", line(why)),
            Self::TaskNotFound(id) => format!("you have sent no request with the id `{}`", line(id)),
            Self::PushNotificationNotSupported => {
                "push notifications are not offered; use `SubscribeToTask`".to_owned()
            }
            Self::VersionNotSupported(version) => {
                format!("this server speaks A2A 1.0, not {}; send the header `A2A-Version: 1.0`", line(version))
            }
            Self::Internal(why)
            | Self::RateLimited(why)
            | Self::TaskNotCancelable(why)
            | Self::UnsupportedOperation(why)
            | Self::ContentTypeNotSupported(why) => line(why),
        }
    }

    /// The response to the call with this id.
    pub(super) fn response(&self, id: &Value) -> Value {
        let info = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": self.reason(),
            "domain": "a2a-protocol.org",
        });
        let error = json!({ "code": self.code(), "message": self.message(), "data": [info] });
        json!({ "jsonrpc": "2.0", "id": id, "error": error })
    }
}

/// The response with a result.
pub(super) fn success(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// A call.
#[derive(Debug, Deserialize)]
pub(super) struct RpcCall {
    jsonrpc: String,
    /// The id of the call: a text or a number, which the response repeats.
    pub(super) id: Value,
    pub(super) method: String,
    #[serde(default)]
    params: Value,
}

impl RpcCall {
    pub(super) fn parse(body: &[u8]) -> Result<Self, RpcError> {
        let value: Value = serde_json::from_slice(body).map_err(|error| RpcError::Parse(error.to_string()))?;
        let call: Self = serde_json::from_value(value).map_err(|error| RpcError::InvalidRequest(error.to_string()))?;
        if call.jsonrpc != "2.0" || !(call.id.is_string() || call.id.is_number()) {
            return Err(RpcError::InvalidRequest("it needs `jsonrpc` 2.0 and an `id`, a text or a number".to_owned()));
        }
        // Each event of a stream repeats the id.
        if call.id.to_string().len() > limits::CLIENT_ID_BYTES {
            return Err(RpcError::InvalidRequest(format!("its `id` has more than {} bytes", limits::CLIENT_ID_BYTES)));
        }
        Ok(call)
    }

    /// The parameters as their type.
    pub(super) fn params<T: DeserializeOwned>(&self) -> Result<T, RpcError> {
        let params = if self.params.is_null() { json!({}) } else { self.params.clone() };
        serde_json::from_value(params).map_err(|error| RpcError::InvalidParams(error.to_string()))
    }
}

/// Reads a field whose JSON value may be `null`. The value `null` means the same as an absent field.
pub(super) fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_call_with_an_id() {
        let call = RpcCall::parse(br#"{"jsonrpc":"2.0","id":7,"method":"GetTask"}"#).unwrap();
        assert_eq!((call.id, call.method.as_str()), (json!(7), "GetTask"));
        assert!(matches!(RpcCall::parse(b"{"), Err(RpcError::Parse(_))));
        for wrong in [
            "[]",
            "7",
            r#"{"jsonrpc":"1.0","id":1,"method":"GetTask"}"#,
            r#"{"jsonrpc":"2.0","method":"GetTask"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"GetTask"}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"GetTask"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"[{"jsonrpc":"2.0","id":1,"method":"GetTask"}]"#,
        ] {
            assert!(matches!(RpcCall::parse(wrong.as_bytes()), Err(RpcError::InvalidRequest(_))), "{wrong}");
        }
        let long =
            json!({ "jsonrpc": "2.0", "id": "i".repeat(limits::CLIENT_ID_BYTES), "method": "GetTask" }).to_string();
        assert!(matches!(RpcCall::parse(long.as_bytes()), Err(RpcError::InvalidRequest(_))));
    }
}
