//! The command that syncs one database, as findings name it: it is to be typed as it stands there.

use crate::source::catalog::TABLES;

/// `baton run drive-sync sync` with the database, and with its table where it is one of the catalog.
#[must_use]
pub fn sync_command(id: &str) -> String {
    let table = TABLES.iter().find(|table| table.id.eq_ignore_ascii_case(id));
    let catalog = table.map(|table| format!(" --arg 'catalog=[\"{}\"]'", table.name)).unwrap_or_default();
    format!("baton run drive-sync sync --arg database={id}{catalog}")
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
}
