//! A launchd agent: an XML property list. launchd has no journal, so the log is written to the state folder, which must exist
//! before the first start.

use std::path::PathBuf;

use anyhow::bail;

use super::facts::Service;
use super::file::MARK;
use super::manager::{Manager, split_words};

pub(super) fn manager(service: &Service) -> anyhow::Result<Manager> {
    let path = folder()?.join(format!("{}.plist", service.name));
    let domain = format!("gui/{}", rustix::process::getuid().as_raw());
    let target = format!("{domain}/{}", service.name);
    let mut bootstrap = split_words(&format!("launchctl bootstrap {domain}"));
    bootstrap.push(path.display().to_string());
    let bootout = split_words(&format!("launchctl bootout {target}"));
    Ok(Manager {
        path,
        text: file(service),
        mine: format!("<string>{}</string>", escaped(&service.workspace)),
        reach: split_words(&format!("launchctl print {domain}")),
        loaded: Some(split_words(&format!("launchctl print {target}"))),
        start: vec![bootstrap.clone()],
        renew: vec![bootout.clone(), bootstrap],
        stop: vec![bootout],
        forget: Vec::new(),
        ask: split_words(&format!("launchctl list {}", service.name)),
        hint: None,
        needs_state: true,
    })
}

fn folder() -> anyhow::Result<PathBuf> {
    match std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(home) => Ok(home.join("Library/LaunchAgents")),
        None => bail!("HOME is not set: export HOME to your home folder"),
    }
}

/// The content of the property list.
fn file(service: &Service) -> String {
    let arguments: String = std::iter::once(service.program.as_str())
        .chain(service.arguments())
        .map(|word| format!("    <string>{}</string>\n", escaped(word)))
        .collect();
    let home = service.state_home.as_ref().map(|home| {
        let home = escaped(home);
        format!("  <key>EnvironmentVariables</key>\n  <dict><key>XDG_STATE_HOME</key><string>{home}</string></dict>\n")
    });
    let log = service.place.folder().join("up.log");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <!-- {MARK}; `baton service uninstall` deletes this file. -->\n\
         <plist version=\"1.0\">\n\
         <dict>\n\
         \x20 <key>Label</key>\n  <string>{}</string>\n\
         \x20 <key>ProgramArguments</key>\n  <array>\n{arguments}  </array>\n\
         {}\
         \x20 <key>RunAtLoad</key>\n  <true/>\n\
         \x20 <key>KeepAlive</key>\n  <dict><key>SuccessfulExit</key><false/></dict>\n\
         \x20 <key>ThrottleInterval</key>\n  <integer>10</integer>\n\
         \x20 <key>StandardErrorPath</key>\n  <string>{}</string>\n\
         </dict>\n\
         </plist>\n",
        escaped(&service.name),
        home.unwrap_or_default(),
        escaped(&log.display().to_string()),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use baton_judges::{or_skip, tool};

    use super::*;

    /// The values of the property list, one a line, as Python reads them.
    fn read_by_python(plist: &str) -> Vec<String> {
        let program = "import sys, plistlib\n\
                       p = plistlib.loads(sys.stdin.buffer.read())\n\
                       print(p['Label'], *p['ProgramArguments'], p['EnvironmentVariables']['XDG_STATE_HOME'],\n\
                       p['RunAtLoad'], p['KeepAlive']['SuccessfulExit'], p['StandardErrorPath'], sep='\\n')";
        let mut python = Command::new("python3");
        python.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = python.spawn().unwrap();
        python.stdin.take().unwrap().write_all(plist.as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "{plist}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn another_parser_reads_every_path_unchanged() {
        let service = Service::with_special_characters();
        or_skip!(tool("python3", "apt-get install python3"));
        let values = read_by_python(&file(&service));
        let expected = [
            "baton-x",
            &service.program,
            "-w",
            &service.workspace,
            "--state",
            "/var/my state",
            "up",
            "/var/100%",
            "True",
            "False",
            "/var/my state/up.log",
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn a_file_of_this_workspace_is_recognised_by_its_arguments() {
        let service = Service::with_special_characters();
        let other = Service { workspace: "/home/me/other".to_owned(), ..service.clone() };
        let mine = manager(&service).unwrap().mine;
        assert!(file(&service).contains(&mine) && !file(&other).contains(&mine));
    }
}
