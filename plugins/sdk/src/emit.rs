//! `?` for handoffs that the host refuses.

use crate::Error;
use crate::handoffs::EmitError;

/// What the host does about it: a missing grant asks for it, the rest is for good. An attempt that fails because the budget of
/// handoffs is used up is made again when the budget has room.
impl From<EmitError> for Error {
    fn from(error: EmitError) -> Self {
        match error {
            EmitError::Denied(text) => Self::NeedsGrant(text),
            EmitError::UnknownAgent(text) | EmitError::Invalid(text) => Self::Permanent(text),
            EmitError::TooMany => {
                Self::Permanent("more handoffs than one task may send, or than its budget has left".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_grant_asks_for_it_and_the_rest_is_for_good() {
        let denied = Error::from(EmitError::Denied("baton plugin grant …".to_owned()));
        assert_eq!(denied, Error::NeedsGrant("baton plugin grant …".to_owned()));
        let unknown = Error::from(EmitError::UnknownAgent("did you mean".to_owned()));
        assert_eq!(unknown, Error::Permanent("did you mean".to_owned()));
    }
}
