//! The tokens of agents: one file for each agent in the state folder (0600), with the agent's name and the token. A
//! removed or replaced file takes effect at once.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use baton_core::Digest;
use baton_core::agents::fold;

/// The random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// The longest file that is read.
const FILE_BYTES: u64 = 1 << 10;

/// The tokens of a workspace.
#[derive(Clone, Debug)]
pub struct TokenStore {
    folder: PathBuf,
}

impl TokenStore {
    /// The tokens in `folder`, which only the user can read.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The token of an agent. Makes one if there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn token_of(&self, agent: &str) -> io::Result<String> {
        let path = self.folder.join(Digest::of(fold(agent).as_bytes()).short(32));
        if let Some((_, token)) = read(&path) {
            return Ok(token);
        }
        let mut bytes = [0; TOKEN_BYTES];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        baton_files::replace(&path, format!("{agent}\n{token}\n").as_bytes(), baton_files::PRIVATE)?;
        Ok(token)
    }

    /// The agent with this token. The comparison takes the same time for every wrong token.
    pub(super) fn agent_of(&self, token: &str) -> Option<String> {
        let wanted = Digest::of(token.as_bytes());
        let files = fs::read_dir(&self.folder).ok()?;
        let known = files.filter_map(|file| read(&file.ok()?.path()));
        let found = known.filter(|(_, known)| Digest::of(known.as_bytes()) == wanted).map(|(agent, _)| agent);
        found.last()
    }
}

/// The agent and the token in a file.
fn read(path: &Path) -> Option<(String, String)> {
    let text = baton_files::read_text(path, FILE_BYTES).ok()?;
    let (agent, token) = text.split_once('\n')?;
    let token = token.trim();
    (token.len() == 2 * TOKEN_BYTES).then(|| (agent.to_owned(), token.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn each_agent_keeps_its_token_and_a_wrong_one_belongs_to_no_agent() {
        let folder = tempfile::tempdir().unwrap();
        let store = TokenStore::new(folder.path().to_owned());
        let (codex, claude) = (store.token_of("Codex-MM1").unwrap(), store.token_of("Claude").unwrap());
        assert_eq!(store.token_of("codex mm1").unwrap(), codex, "one token for all spellings");
        assert_ne!(codex, claude);
        assert_eq!(store.agent_of(&codex).as_deref(), Some("Codex-MM1"));
        assert_eq!(store.agent_of(&claude).as_deref(), Some("Claude"));
        for wrong in ["", "x", &codex[1..], &codex.to_uppercase()] {
            assert_eq!(store.agent_of(wrong), None, "{wrong}");
        }
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().permissions().mode() & 0o777 == 0o600));
        for file in &files {
            fs::remove_file(file).unwrap();
        }
        assert_eq!(store.agent_of(&codex), None);
    }
}
