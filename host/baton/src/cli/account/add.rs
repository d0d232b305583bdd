//! `baton account add SERVICE`: shows what Baton will be allowed to do, gets the consent and stores its tokens. Tasks that waited
//! for the account continue.

use std::io::IsTerminal as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use baton_accounts::{
    Account, AccountError, AccountSettings, Accounts, BrowserConsent, ConsentKind, DeviceConsent, Endpoints, Provider,
    RedirectError, identity, personal,
};
use baton_dispatch::try_again;
use jiff::Timestamp;
use serde_json::json;

use super::pasted::PastedLines;
use super::service;
use crate::accounts;
use crate::cli::{WorkspaceOptions, block_on, prompt};
use crate::exit::Code;
use crate::output;
use crate::secrets::SecretStore;
use crate::workspace::{Workspace, head, pause};

/// Connect an account: shows what Baton may do, and waits for your consent
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::cli) struct Args {
    /// The service
    #[arg(value_name = "SERVICE", value_parser = service::parser())]
    service: Provider,
    /// The client ID of your app at the service [default: `client_id` in baton.toml, or the client ID of the account]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Ask for this scope instead of the default scopes; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Also ask for the scopes that allow changes; this is the default if the account already has these scopes
    #[arg(long, conflicts_with = "scopes")]
    write: bool,
    /// Use a personal token that you made at the service (the usual way for notion and linear)
    #[arg(long, conflicts_with_all = ["client_id", "scopes", "write"])]
    token: bool,
    /// Only print the address, do not open it
    #[arg(long)]
    no_browser: bool,
    /// How long to wait for your consent
    #[arg(long, value_name = "DURATION", value_parser = pause, default_value = "10m")]
    timeout: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let accounts = accounts::of(&SecretStore::of(&workspace.state));
        let settings = self.settings(&workspace, &accounts);
        let endpoints =
            if self.token { settings.token_endpoints(self.service)? } else { settings.endpoints(self.service)? };
        show_scopes(&endpoints);
        let token = if self.has_token() { Some(self.read_token()?) } else { None };
        let users = workspace.registry().read()?.users_of(self.service.name());
        let ledger = if users.is_empty() {
            None
        } else {
            Some(head::open_ledger(&workspace, &baton_process::owner::name("account"))?)
        };
        let (account, name) = block_on(async {
            let account = self.consent(endpoints, &accounts, token).await?;
            let name = self.owner(&account).await?;
            accounts.add(account.clone()).await?;
            if let Some(ledger) = &ledger {
                try_again(ledger, users.clone()).await?;
            }
            Ok((account, name))
        })?;
        workspace.state.wake_daemon();
        self.report(&account, name.as_deref(), &users);
        Ok(Code::Good)
    }

    /// The settings of `baton.toml`, replaced by the options of the command.
    fn settings(&self, workspace: &Workspace, accounts: &Accounts) -> AccountSettings {
        let mut settings = workspace.config.account(self.service);
        if let Some(id) = &self.client_id {
            settings.client_id = Some(id.clone());
        }
        // A damaged account is replaced.
        let before = accounts.stored(self.service).ok().flatten();
        let may_write = before.as_ref().is_some_and(|account| may_write(self.service, account));
        if settings.client_id.is_none() {
            settings.client_id = before.map(|account| account.client_id).filter(|id| !id.is_empty());
        }
        if !self.scopes.is_empty() {
            settings.scopes = Some(self.scopes.clone());
        } else if self.write || may_write {
            settings.ask_to_write(self.service);
        }
        settings
    }

    /// True if the account uses a token that the operator made, instead of a consent.
    fn has_token(&self) -> bool {
        self.token || self.service.consent() == ConsentKind::Personal
    }

    /// The token that the operator made.
    fn read_token(&self) -> anyhow::Result<String> {
        if !std::io::stdin().is_terminal() {
            return prompt::piped();
        }
        output::note(&format!("To get a token, {}.", self.service.token_setup().unwrap_or_default()));
        prompt::hidden(&format!("the token of {}", self.service))
    }

    async fn consent(
        &self,
        endpoints: Endpoints,
        accounts: &Accounts,
        token: Option<String>,
    ) -> anyhow::Result<Account> {
        if let Some(token) = token {
            return Ok(personal(&endpoints, &token, Timestamp::now())?);
        }
        let secret = endpoints.client_secret.as_ref().map(|name| accounts.client_secret(self.service, name));
        let secret = secret.transpose()?;
        let waiting = async {
            match self.service.consent() {
                ConsentKind::Device => self.on_a_device(DeviceConsent::begin(endpoints, secret).await?).await,
                _ => self.in_a_browser(BrowserConsent::begin(endpoints, secret).await?).await,
            }
        };
        match tokio::time::timeout(self.timeout, waiting).await {
            Ok(account) => account,
            Err(_) => bail!(
                "there was no consent within {} s; to try again: baton account add {}",
                self.timeout.as_secs(),
                self.service
            ),
        }
    }

    async fn on_a_device(&self, consent: DeviceConsent) -> anyhow::Result<Account> {
        output::note(&format!(
            "Open this address on any device and type the code {}:\n\n  {}\n",
            output::one_line(consent.code()),
            output::one_line(consent.url())
        ));
        self.open(consent.url());
        Ok(consent.finish().await?)
    }

    async fn in_a_browser(&self, consent: BrowserConsent) -> anyhow::Result<Account> {
        output::note(&format!(
            "Open this address in a browser and agree:\n\n  {}\n\nBaton waits for the browser to return. If the browser is on \
             another machine, its last page cannot be shown there: copy the address of that page (it begins with {}) and \
             paste it here.",
            consent.url(),
            consent.redirect()
        ));
        self.open(consent.url());
        let mut pasted = PastedLines::read();
        let code = loop {
            tokio::select! {
                code = consent.code_from_browser() => break code?,
                line = pasted.next() => match consent.code_in(&line) {
                    Ok(code) => break code,
                    Err(RedirectError::Refused(reason)) => {
                        return Err(AccountError::NeedsConsent { provider: self.service, option: "", reason }.into());
                    }
                    Err(error) => output::note(&format!("{error}; paste another address, or use the browser")),
                },
            }
        };
        Ok(consent.finish(code).await?)
    }

    /// Opens the address if a person uses this terminal and a graphical desktop is available. Failures are ignored,
    /// because the address was also printed.
    fn open(&self, url: &str) {
        let has_screen = cfg!(target_os = "macos")
            || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
        if self.no_browser || !has_screen || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return;
        }
        let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let mut command = Command::new(program);
        drop(command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn());
    }

    /// The name of the account at the service; `None` if the service is not reachable. Fails if the service does not
    /// accept the token, or if a personal token cannot be checked. After a failure nothing is stored.
    async fn owner(&self, account: &Account) -> anyhow::Result<Option<String>> {
        match identity(account, &account.tokens()).await {
            Ok(Some(name)) => Ok(Some(name)),
            Ok(None) => bail!("{} does not accept the token; nothing was stored", self.service),
            Err(error) if self.has_token() => Err(error).context("the token could not be checked; nothing was stored"),
            Err(error) => {
                output::note(&format!("The account is connected, but its owner is unknown: {error}"));
                Ok(None)
            }
        }
    }

    fn report(&self, account: &Account, name: Option<&str>, users: &[String]) {
        let write = self.service.write_scopes().iter().filter(|_| self.write).map(|scope| scope.name);
        let asked: Vec<&str> = self.scopes.iter().map(String::as_str).chain(write).collect();
        let missing: Vec<&&str> =
            asked.iter().filter(|scope| !account.scopes.iter().any(|own| own == **scope)).collect();
        for scope in missing {
            output::note(&format!("{} did not allow {}", self.service, output::one_line(scope)));
        }
        if self.json {
            let mut shown = service::as_json(account);
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("owner".to_owned(), json!(name));
                fields.insert("plugins".to_owned(), json!(users));
            }
            output::json(&json!({ "schema": 1, "account": shown }));
            return;
        }
        let owner = name.map(|name| format!(" of {}", output::one_line(name))).unwrap_or_default();
        output::note(&format!("connected the {} account{owner}; tasks that waited for it continue", self.service));
        if users.is_empty() {
            output::note(&format!(
                "No plugin may use it yet: `baton plugin grant NAME secret={}` allows it to a plugin.",
                self.service
            ));
        }
    }
}

/// True if the account has the consent for changes, so that a renewed consent should have it too.
fn may_write(service: Provider, account: &Account) -> bool {
    let mut scopes = service.write_scopes().iter().peekable();
    scopes.peek().is_some() && scopes.all(|scope| account.scopes.iter().any(|own| own == scope.name))
}

/// Shows what the consent allows, before the browser opens.
fn show_scopes(endpoints: &Endpoints) {
    let scopes: Vec<String> = endpoints
        .explained_scopes()
        .map(|(name, allows)| format!("  {name}\n      {}", allows.unwrap_or("See the service's documentation.")))
        .collect();
    let text = if scopes.is_empty() {
        format!("Baton may do everything at {} that your token allows.", endpoints.provider)
    } else {
        format!("Baton asks {} to allow this, and nothing else:\n{}", endpoints.consent_server(), scopes.join("\n"))
    };
    output::note(&text);
}
