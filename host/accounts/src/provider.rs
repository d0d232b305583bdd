//! The table of services: their addresses, the way to get consent, and the scopes that Baton asks for. An address or a
//! list of scopes in `[accounts.NAME]` of `baton.toml` replaces the one in this table.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Spotify.
    Spotify,
    /// Google, for Drive.
    Google,
    /// Notion.
    Notion,
    /// GitHub.
    Github,
    /// Linear.
    Linear,
}

/// How the operator gives consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentKind {
    /// In a browser, which returns to an address on this machine (authorization code with PKCE).
    Browser,
    /// In a browser on any device, where the operator types a code.
    Device,
    /// The operator makes a token at the service and gives it to Baton.
    Personal,
}

/// A scope, and the permission that it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeText {
    /// Its name at the service.
    pub name: &'static str,
    /// The permission that it gives, as one sentence.
    pub allows: &'static str,
}

/// The default addresses of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DefaultEndpoints {
    pub(crate) authorize: Option<&'static str>,
    pub(crate) token: Option<&'static str>,
    pub(crate) device: Option<&'static str>,
    /// The address that returns the owner of a token.
    pub(crate) identity: &'static str,
}

impl Provider {
    /// All services, by name.
    pub const ALL: [Self; 5] = [Self::Github, Self::Google, Self::Linear, Self::Notion, Self::Spotify];

    /// Its name in commands and settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spotify => "spotify",
            Self::Google => "google",
            Self::Notion => "notion",
            Self::Github => "github",
            Self::Linear => "linear",
        }
    }

    /// How the operator gives consent.
    #[must_use]
    pub fn consent(self) -> ConsentKind {
        match self {
            Self::Spotify | Self::Google => ConsentKind::Browser,
            Self::Github => ConsentKind::Device,
            Self::Notion | Self::Linear => ConsentKind::Personal,
        }
    }

    /// The scopes that Baton asks for by default. The list is as short as the bundled plugins allow.
    #[must_use]
    pub fn scopes(self) -> &'static [ScopeText] {
        match self {
            Self::Spotify => &[
                ScopeText { name: "playlist-read-private", allows: "Read your playlists, also private ones." },
                ScopeText {
                    name: "playlist-read-collaborative",
                    allows: "Read playlists that you edit together with others.",
                },
                ScopeText { name: "user-library-read", allows: "Read your Liked Songs." },
                ScopeText { name: "user-read-currently-playing", allows: "Read what is playing now." },
                ScopeText { name: "user-read-recently-played", allows: "Read what you played last." },
            ],
            Self::Google => &[ScopeText {
                name: "https://www.googleapis.com/auth/drive.file",
                allows: "Read and change the files that Baton created, or that you opened with it; no other files.",
            }],
            Self::Github => &[ScopeText {
                name: "public_repo",
                allows: "Read and change your public repositories, also their issues. Private ones need `repo`.",
            }],
            Self::Notion | Self::Linear => &[],
        }
    }

    /// The scopes for changing data that the default scopes only allow to read. Baton asks for them only with `baton
    /// account add --write`, or if the account already has them.
    #[must_use]
    pub fn write_scopes(self) -> &'static [ScopeText] {
        match self {
            Self::Spotify => &[
                ScopeText { name: "playlist-modify-private", allows: "Create and change your private playlists." },
                ScopeText {
                    name: "playlist-modify-public",
                    allows: "Create and change your public playlists, and remove playlists from your library.",
                },
            ],
            Self::Google | Self::Notion | Self::Github | Self::Linear => &[],
        }
    }

    /// The page where the operator makes a client ID or a token for Baton.
    #[must_use]
    pub fn setup(self) -> &'static str {
        match self {
            Self::Spotify => {
                "create an app at https://developer.spotify.com/dashboard with the redirect URI \
                 http://127.0.0.1/callback and the API \"Web API\", and copy its Client ID"
            }
            Self::Google => {
                "create an OAuth client of the type \"Desktop app\" at https://console.cloud.google.com/auth/clients, and \
                 copy its client ID; store its client secret with `baton secret set google-client` and set \
                 client_secret = \"google-client\" in [accounts.google]"
            }
            Self::Github => {
                "create an OAuth app at https://github.com/settings/developers with \"Enable Device Flow\", and copy its \
                 Client ID"
            }
            Self::Notion => {
                "create an internal integration at https://www.notion.so/profile/integrations, give it access to the \
                 pages that Baton may use, and copy its secret"
            }
            Self::Linear => "create a personal API key at https://linear.app/settings/account/security and copy it",
        }
    }

    /// The page where the operator makes a personal token; `None` if the service has none.
    #[must_use]
    pub fn token_setup(self) -> Option<&'static str> {
        match self {
            Self::Github => Some(
                "create a fine-grained token at https://github.com/settings/personal-access-tokens with access to the repositories \
                 that Baton may use and the permission \"Issues\" (read and write), and copy it",
            ),
            Self::Notion | Self::Linear => Some(self.setup()),
            Self::Spotify | Self::Google => None,
        }
    }

    /// The page where the operator ends a consent at the service.
    #[must_use]
    pub fn consents(self) -> &'static str {
        match self {
            Self::Spotify => "https://www.spotify.com/account/apps",
            Self::Google => "https://myaccount.google.com/connections",
            Self::Github => "https://github.com/settings/applications",
            Self::Notion => "https://www.notion.so/profile/integrations",
            Self::Linear => "https://linear.app/settings/account/security",
        }
    }

    pub(crate) fn endpoints(self) -> DefaultEndpoints {
        match self {
            Self::Spotify => DefaultEndpoints {
                authorize: Some("https://accounts.spotify.com/authorize"),
                token: Some("https://accounts.spotify.com/api/token"),
                device: None,
                identity: "https://api.spotify.com/v1/me",
            },
            Self::Google => DefaultEndpoints {
                authorize: Some("https://accounts.google.com/o/oauth2/v2/auth"),
                token: Some("https://oauth2.googleapis.com/token"),
                device: None,
                identity: "https://www.googleapis.com/drive/v3/about?fields=user",
            },
            Self::Github => DefaultEndpoints {
                authorize: None,
                token: Some("https://github.com/login/oauth/access_token"),
                device: Some("https://github.com/login/device/code"),
                identity: "https://api.github.com/user",
            },
            Self::Notion => DefaultEndpoints {
                authorize: None,
                token: None,
                device: None,
                identity: "https://api.notion.com/v1/users/me",
            },
            Self::Linear => DefaultEndpoints {
                authorize: None,
                token: None,
                device: None,
                identity: "https://api.linear.app/graphql",
            },
        }
    }

    /// The parameters of the authorization request that the OAuth standard does not define.
    pub(crate) fn extra_parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // Without both parameters, Google returns a refresh token only for the first consent of a user.
            Self::Google => &[("access_type", "offline"), ("prompt", "consent")],
            _ => &[],
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|provider| provider.name() == text);
        found.ok_or_else(|| {
            format!("Baton has no service of this name (it has: {})", Self::ALL.map(Self::name).join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint;

    #[test]
    fn each_service_has_the_addresses_that_its_consent_needs_over_https() {
        for provider in Provider::ALL {
            let found = provider.endpoints();
            let (browser, device) = (found.authorize.is_some(), found.device.is_some());
            let expected = match provider.consent() {
                ConsentKind::Browser => (true, false, true),
                ConsentKind::Device => (false, true, true),
                ConsentKind::Personal => (false, false, false),
            };
            assert_eq!((browser, device, found.token.is_some()), expected, "{provider}");
            for url in [found.authorize, found.token, found.device, Some(found.identity)].into_iter().flatten() {
                assert!(url.starts_with("https://") && endpoint::check(url).is_ok(), "{url}");
            }
            assert_eq!(provider.name().parse::<Provider>().unwrap(), provider);
            assert!(provider.scopes().iter().chain(provider.write_scopes()).all(|scope| scope.allows.ends_with('.')));
        }
        assert!("dropbox".parse::<Provider>().unwrap_err().contains("github, google"));
    }
}
