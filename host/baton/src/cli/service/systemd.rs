//! A unit of the user's systemd. In its file `%` starts a specifier, `$` in an argument starts a variable, and quotes and
//! backslashes are parsed as in C, so paths are escaped accordingly.

use std::path::PathBuf;

use anyhow::bail;

use super::facts::Service;
use super::file::MARK;
use super::manager::{Manager, split_words};

pub(super) fn manager(service: &Service) -> anyhow::Result<Manager> {
    let unit = format!("{}.service", service.name);
    Ok(Manager {
        path: folder()?.join(&unit),
        text: file(service),
        mine: format!(" -w {} ", argument(&service.workspace)),
        reach: split_words("systemctl --user show-environment"),
        loaded: None,
        start: vec![
            split_words("systemctl --user daemon-reload"),
            split_words(&format!("systemctl --user enable --now {unit}")),
        ],
        renew: vec![split_words(&format!("systemctl --user try-restart {unit}"))],
        stop: vec![split_words(&format!("systemctl --user disable --now {unit}"))],
        forget: vec![split_words("systemctl --user daemon-reload")],
        ask: split_words(&format!("systemctl --user is-active {unit}")),
        hint: Some(
            "it runs while you are logged in; `loginctl enable-linger` keeps it running when you are logged out",
        ),
        needs_state: false,
    })
}

fn folder() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config"))) {
        Some(home) => Ok(home.join("systemd/user")),
        None => bail!("neither XDG_CONFIG_HOME nor HOME is set: export HOME to your home folder"),
    }
}

/// The content of the unit.
fn file(service: &Service) -> String {
    let arguments: Vec<String> = service.arguments().into_iter().map(argument).collect();
    let home = service.state_home.as_ref();
    let home =
        home.map(|home| format!("Environment={}\n", quoted(&format!("XDG_STATE_HOME={home}")))).unwrap_or_default();
    // This text is only for display. A backslash at the end of the line would join it with the next line.
    let shown = service.workspace.replace('%', "%%").replace('\\', "/");
    format!(
        "# {MARK}; `baton service uninstall` deletes this file.\n\
         [Unit]\n\
         Description=Baton, serving {shown}\n\
         \n\
         [Service]\n\
         ExecStart={} {}\n\
         {home}\
         Restart=on-failure\n\
         RestartSec=5\n\
         StandardError=journal\n\
         NoNewPrivileges=yes\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n",
        quoted(&service.program),
        arguments.join(" "),
    )
}

/// A quoted word: the path of the program, or a variable of the environment.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '%' => quoted.push_str("%%"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// An argument, with `$` doubled, and quoted only if necessary.
fn argument(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { quoted(text).replace('$', "$$") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_escaped_so_that_it_is_read_unchanged() {
        let text = file(&Service::with_special_characters());
        let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
        assert_eq!(
            line("ExecStart="),
            r#"ExecStart="/opt/a b/$baton%%" -w "/home/me/50%% \"of\" <it> & 'that'\\$$HOME" --state "/var/my state" up"#
        );
        assert_eq!(line("Environment="), r#"Environment="XDG_STATE_HOME=/var/100%%""#);
        assert!(line("Description=").contains("/home/me/50%% \"of\""));
        for needed in ["Restart=on-failure", "RestartSec=5", "StandardError=journal", "NoNewPrivileges=yes"] {
            assert!(text.lines().any(|line| line == needed), "{needed}");
        }
    }

    #[test]
    fn a_file_of_this_workspace_is_recognised_by_its_arguments() {
        let service = Service::with_special_characters();
        let other = Service { workspace: "/home/me/other".to_owned(), ..service.clone() };
        let mine = manager(&service).unwrap().mine;
        assert!(file(&service).contains(&mine) && !file(&other).contains(&mine));
        assert!(file(&other).contains(" -w /home/me/other --state "));
    }
}
