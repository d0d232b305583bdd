//! The settings of a service in `[accounts.NAME]` of `baton.toml`, and the addresses that result from them.

use serde::Deserialize;

use crate::error::AccountError;
use crate::{ConsentKind, Provider, endpoint};

/// `[accounts.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct AccountSettings {
    /// The client ID of the operator's app at the service.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The name of the secret with the client secret. Some services require a client secret even from desktop apps.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// The page where the operator gives consent in a browser.
    #[serde(default)]
    pub authorize_url: Option<String>,
    /// Where Baton gets and renews tokens.
    #[serde(default)]
    pub token_url: Option<String>,
    /// Where Baton gets a code for another device.
    #[serde(default)]
    pub device_url: Option<String>,
    /// The address at which `baton account test` asks who owns the token.
    #[serde(default)]
    pub identity_url: Option<String>,
    /// The scopes that replace the default scopes.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// The port of the redirect, for services that want it registered. By default the system chooses one.
    #[serde(default)]
    pub redirect_port: Option<u16>,
}

/// The addresses, names and scopes for a new account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The service.
    pub provider: Provider,
    /// The client ID; empty for a personal token.
    pub client_id: String,
    /// The name of the secret with the client secret.
    pub client_secret: Option<String>,
    pub(crate) authorize_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) device_url: Option<String>,
    pub(crate) identity_url: String,
    /// The scopes.
    pub scopes: Vec<String>,
    /// The port of the redirect; 0 for any.
    pub redirect_port: u16,
}

impl AccountSettings {
    /// Checks every address.
    ///
    /// # Errors
    /// Returns the first wrong setting, with the fix.
    pub fn check(&self, provider: Provider) -> Result<(), String> {
        let urls = [
            ("authorize_url", &self.authorize_url),
            ("token_url", &self.token_url),
            ("device_url", &self.device_url),
            ("identity_url", &self.identity_url),
        ];
        for (key, url) in urls {
            if let Some(Err(why)) = url.as_deref().map(endpoint::check) {
                return Err(format!("`{key}` of [accounts.{provider}]: {why}"));
            }
        }
        let is_scope = |scope: &String| !scope.is_empty() && scope.chars().all(|c| c.is_ascii_graphic());
        match self.scopes.iter().flatten().find(|scope| !is_scope(scope)) {
            Some(wrong) => Err(format!("`scopes` of [accounts.{provider}]: {wrong:?} is not the name of a scope")),
            None => Ok(()),
        }
    }

    /// Adds the scopes that allow changes, such as creating a playlist.
    pub fn ask_to_write(&mut self, provider: Provider) {
        let default = || provider.scopes().iter().map(|scope| scope.name.to_owned()).collect();
        let scopes = self.scopes.get_or_insert_with(default);
        let more = provider.write_scopes().iter().map(|scope| scope.name.to_owned());
        let missing: Vec<String> = more.filter(|scope| !scopes.contains(scope)).collect();
        scopes.extend(missing);
    }

    /// The addresses for a new account.
    ///
    /// # Errors
    /// A wrong or missing setting. The text says where to get the client ID.
    pub fn endpoints(&self, provider: Provider) -> Result<Endpoints, AccountError> {
        let has_client_id = self.client_id.as_ref().is_some_and(|id| !id.is_empty());
        if !has_client_id && provider.consent() != ConsentKind::Personal {
            let or_token = match provider.token_setup() {
                Some(setup) => format!("; or {setup}, then run `baton account add {provider} --token`"),
                None => String::new(),
            };
            return Err(AccountError::Settings(format!(
                "{provider} needs a client ID: {}, then run `baton account add {provider} --client-id ID`{or_token}",
                provider.setup()
            )));
        }
        self.resolve(provider)
    }

    /// The addresses for an account with a token that the operator made. The account has no client ID, and Baton asks for
    /// no scopes, because the token already has its scopes.
    ///
    /// # Errors
    /// A wrong setting, or the service has no such tokens.
    pub fn token_endpoints(&self, provider: Provider) -> Result<Endpoints, AccountError> {
        if provider.token_setup().is_none() {
            let text = format!("{provider} has no personal tokens; run `baton account add {provider} --client-id ID`");
            return Err(AccountError::Settings(text));
        }
        let own = Self { client_id: None, client_secret: None, scopes: Some(Vec::new()), ..self.clone() };
        Ok(Endpoints { authorize_url: None, token_url: None, device_url: None, ..own.resolve(provider)? })
    }

    fn resolve(&self, provider: Provider) -> Result<Endpoints, AccountError> {
        self.check(provider).map_err(AccountError::Settings)?;
        let default = provider.endpoints();
        let or = |own: &Option<String>, default: Option<&str>| own.clone().or_else(|| default.map(str::to_owned));
        let scopes = || provider.scopes().iter().map(|scope| scope.name.to_owned()).collect();
        Ok(Endpoints {
            provider,
            client_id: self.client_id.clone().unwrap_or_default(),
            client_secret: self.client_secret.clone(),
            authorize_url: or(&self.authorize_url, default.authorize),
            token_url: or(&self.token_url, default.token),
            device_url: or(&self.device_url, default.device),
            identity_url: self.identity_url.clone().unwrap_or_else(|| default.identity.to_owned()),
            scopes: self.scopes.clone().unwrap_or_else(scopes),
            redirect_port: self.redirect_port.unwrap_or(0),
        })
    }
}

impl Endpoints {
    /// The server at which the operator gives consent.
    #[must_use]
    pub fn consent_server(&self) -> String {
        let url = self.authorize_url.as_ref().or(self.device_url.as_ref()).unwrap_or(&self.identity_url);
        endpoint::check(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The scopes, each with its explanation if the provider lists that scope.
    pub fn explained_scopes(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        let known = self.provider.scopes().iter().chain(self.provider.write_scopes());
        let allows = move |name: &str| known.clone().find(|scope| scope.name == name).map(|scope| scope.allows);
        self.scopes.iter().map(move |name| (name.as_str(), allows(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_client_id_names_the_place_to_get_it() {
        let missing = AccountSettings::default().endpoints(Provider::Spotify).unwrap_err().to_string();
        assert!(missing.contains("http://127.0.0.1/callback") && missing.contains("--client-id"), "{missing}");
        assert!(!missing.contains("--token"), "{missing}");
        let missing = AccountSettings::default().endpoints(Provider::Github).unwrap_err().to_string();
        assert!(missing.contains("`baton account add github --token`"), "{missing}");
        assert!(AccountSettings::default().endpoints(Provider::Notion).is_ok(), "a personal token needs none");
    }

    #[test]
    fn a_personal_token_has_no_client_and_no_address_to_renew_it() {
        let set = AccountSettings { client_id: Some("id".to_owned()), ..AccountSettings::default() };
        let found = set.token_endpoints(Provider::Github).unwrap();
        assert_eq!((found.client_id.as_str(), &found.token_url, &found.device_url), ("", &None, &None));
        assert!(found.scopes.is_empty());
        assert!(set.token_endpoints(Provider::Spotify).is_err());
    }

    #[test]
    fn settings_replace_the_table_and_are_checked() {
        let set = AccountSettings {
            client_id: Some("id".to_owned()),
            token_url: Some("http://127.0.0.1:9/token".to_owned()),
            scopes: Some(vec!["one".to_owned()]),
            ..AccountSettings::default()
        };
        let found = set.endpoints(Provider::Spotify).unwrap();
        assert_eq!(found.token_url.as_deref(), Some("http://127.0.0.1:9/token"));
        assert_eq!(found.authorize_url.as_deref(), Some("https://accounts.spotify.com/authorize"));
        assert_eq!(found.explained_scopes().collect::<Vec<_>>(), [("one", None)]);
        let wrong = AccountSettings { token_url: Some("http://a.example/".to_owned()), ..set.clone() };
        assert!(wrong.endpoints(Provider::Spotify).unwrap_err().to_string().contains("token_url"));
        let wrong = AccountSettings { scopes: Some(vec!["two words".to_owned()]), ..set };
        assert!(wrong.check(Provider::Spotify).unwrap_err().contains("scopes"));
    }
}
