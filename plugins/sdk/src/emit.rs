//! Converts errors of `handoffs::emit` for `?`.

use crate::Error;
use crate::handoffs::EmitError;

/// A missing grant is `needs-grant`, the rest `permanent`. If the plugin has used up its budget of handoffs, the host repeats the
/// attempt automatically.
impl From<EmitError> for Error {
    fn from(error: EmitError) -> Self {
        match error {
            EmitError::Denied(text) => Self::NeedsGrant(text),
            EmitError::UnknownAgent(text) | EmitError::Invalid(text) => Self::Permanent(text),
            EmitError::TooMany => {
                Self::Permanent("the task sent more handoffs than one task, or the plugin's budget, allows".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_grant_is_needs_grant_and_the_rest_permanent() {
        let denied = Error::from(EmitError::Denied("baton plugin grant …".to_owned()));
        assert_eq!(denied, Error::NeedsGrant("baton plugin grant …".to_owned()));
        let unknown = Error::from(EmitError::UnknownAgent("did you mean".to_owned()));
        assert_eq!(unknown, Error::Permanent("did you mean".to_owned()));
    }
}
