//! Commands in findings, ready to be typed into a shell.

use crate::source::catalog::TABLES;

/// The command `baton run drive-sync sync` for a database. For a table of the catalog, it has the name of the table.
#[must_use]
pub fn sync_command(id: &str) -> String {
    let table = TABLES.iter().find(|table| table.id.eq_ignore_ascii_case(id));
    let catalog = table.map(|table| format!(" --arg 'catalog=[\"{}\"]'", table.name)).unwrap_or_default();
    format!("baton run drive-sync sync --arg database={id}{catalog}")
}

/// An argument with any text as its value, quoted for a shell.
pub(super) fn argument(name: &str, value: &str) -> String {
    let text = serde_json::Value::from(value).to_string().replace('\'', r"'\''");
    format!("--arg '{name}={text}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_the_catalog_is_named() {
        assert_eq!(sync_command("id-1"), "baton run drive-sync sync --arg database=id-1");
        let command = "baton run drive-sync sync --arg database=catalog-plays --arg 'catalog=[\"plays\"]'";
        assert_eq!(sync_command("catalog-plays"), command);
    }

    #[test]
    fn any_name_is_one_argument() {
        for name in ["My notes", "it's \"here\"", "2024", "$(x) `y` \\ä\n"] {
            let line = format!("printf %s {}", argument("column", name).replace("--arg ", ""));
            let typed = std::process::Command::new("sh").args(["-c", &line]).output().unwrap().stdout;
            let typed = String::from_utf8(typed).unwrap();
            let value: String = serde_json::from_str(typed.strip_prefix("column=").unwrap()).unwrap();
            assert_eq!(value, name);
        }
    }
}
