//! Words of other languages that decide the role of a path, with their English equivalents.
//!
//! Chinese, Japanese and Korean do not separate words: their terms are searched inside a text. Terms of other languages
//! are whole words. German is in the lists of the other files.

use crate::lists::list;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Terms inside a text without spaces; a longer term precedes its prefixes.
const INSIDE: &[(&str, &str)] = &[
    ("\u{4e0d}\u{9700}\u{8981}", "not"),
    ("\u{4e0d}\u{8981}", "not"),
    ("\u{4e0d}\u{5e94}", "not"),
    ("\u{65e0}\u{9700}", "not"),
    ("\u{7981}\u{6b62}", "not"),
    ("\u{6ca1}\u{6709}", "not"),
    ("\u{3057}\u{306a}\u{3044}", "not"),
    ("\u{975e}\u{76ee}\u{6807}", "non-goals"),
    ("\u{8303}\u{56f4}\u{5916}", "out of scope"),
    ("\u{7bc4}\u{56f2}\u{5916}", "out of scope"),
    ("\u{5bf9}\u{8c61}\u{5916}", "out of scope"),
    ("\u{5bfe}\u{8c61}\u{5916}", "out of scope"),
    ("\u{521b}\u{5efa}", "create"),
    ("\u{5275}\u{5efa}", "create"),
    ("\u{5efa}\u{7acb}", "create"),
    ("\u{65b0}\u{5efa}", "create"),
    ("\u{65b0}\u{89c4}", "new"),
    ("\u{65b0}\u{898f}", "new"),
    ("\u{65b0}\u{6587}\u{4ef6}", "new file"),
    ("\u{751f}\u{6210}", "create"),
    ("\u{4f5c}\u{6210}", "create"),
    ("\u{642d}\u{5efa}", "create"),
    ("\u{521d}\u{59cb}\u{5316}", "create"),
    ("\u{521d}\u{671f}\u{5316}", "create"),
    ("\u{7f16}\u{5199}", "write"),
    ("\u{64b0}\u{5199}", "write"),
    ("\u{5b9e}\u{73b0}", "implement"),
    ("\u{5be6}\u{73fe}", "implement"),
    ("\u{5b9f}\u{88c5}", "implement"),
    ("\u{5b9a}\u{4e49}", "define"),
    ("\u{5b9a}\u{7fa9}", "define"),
    ("\u{65b0}\u{589e}", "add"),
    ("\u{6dfb}\u{52a0}", "add"),
    ("\u{589e}\u{52a0}", "add"),
    ("\u{8ffd}\u{52a0}", "add"),
    ("\u{66f4}\u{65b0}", "update"),
    ("\u{4fee}\u{6539}", "update"),
    ("\u{4fee}\u{6b63}", "update"),
    ("\u{4fee}\u{590d}", "fix"),
    ("\u{53d8}\u{66f4}", "update"),
    ("\u{5909}\u{66f4}", "update"),
    ("\u{6269}\u{5c55}", "extend"),
    ("\u{62e1}\u{5f35}", "extend"),
    ("\u{91cd}\u{6784}", "refactor"),
    ("\u{66ff}\u{6362}", "replace"),
    ("\u{96c6}\u{6210}", "integrate"),
    ("\u{8c03}\u{6574}", "adjust"),
    ("\u{5220}\u{9664}", "delete"),
    ("\u{522a}\u{9664}", "delete"),
    ("\u{524a}\u{9664}", "delete"),
    ("\u{79fb}\u{9664}", "remove"),
    ("\u{79fb}\u{52a8}", "move"),
    ("\u{91cd}\u{547d}\u{540d}", "rename"),
    ("\u{8fd0}\u{884c}", "run"),
    ("\u{6267}\u{884c}", "run"),
    ("\u{5b9f}\u{884c}", "run"),
    ("\u{9605}\u{8bfb}", "read"),
    ("\u{95b1}\u{8b80}", "read"),
    ("\u{8aad}\u{3080}", "read"),
    ("\u{53c2}\u{8003}", "see"),
    ("\u{53c2}\u{7167}", "see"),
    ("\u{53c2}\u{89c1}", "see"),
    ("\u{8be6}\u{89c1}", "see"),
    ("\u{67e5}\u{770b}", "see"),
    ("\u{68c0}\u{67e5}", "check"),
    ("\u{9a8c}\u{8bc1}", "verify"),
    ("\u{78ba}\u{8a8d}", "verify"),
    ("\u{9a8c}\u{6536}", "acceptance"),
    ("\u{5982}\u{679c}", "if"),
    ("\u{53ef}\u{9009}", "optionally"),
    ("\u{6d4b}\u{8bd5}", "test"),
    ("\u{6e2c}\u{8a66}", "test"),
    ("\u{30c6}\u{30b9}\u{30c8}", "test"),
    ("\u{6587}\u{4ef6}", "file"),
    ("\u{6a94}\u{6848}", "file"),
    ("\u{30d5}\u{30a1}\u{30a4}\u{30eb}", "file"),
    ("\u{76ee}\u{5f55}", "directory"),
    ("\u{30c7}\u{30a3}\u{30ec}\u{30af}\u{30c8}\u{30ea}", "directory"),
    ("\u{898f}\u{7d04}", "convention"),
    ("\u{9075}\u{5b88}", "compliance"),
    ("\u{5404}", "each"),
    ("\u{589e}\u{5f3a}", "enhance"),
    ("\u{5f37}\u{5316}", "enhance"),
    ("\u{63d0}\u{4f9b}", "provide"),
    ("\u{7ed3}\u{6784}", "structure"),
    ("\u{69cb}\u{6210}", "structure"),
    ("\u{69cb}\u{9020}", "structure"),
    ("\u{8def}\u{5f84}", "path"),
    ("\u{30d1}\u{30b9}", "path"),
    ("\u{72b6}\u{6001}", "status"),
    ("\u{8fdb}\u{5ea6}", "progress"),
    ("\u{9032}\u{5ea6}", "progress"),
    ("\u{9032}\u{6357}", "progress"),
    ("\u{62a5}\u{544a}", "report"),
    ("\u{5831}\u{544a}", "report"),
    ("\u{603b}\u{7ed3}", "summary"),
    ("\u{7e3d}\u{7d50}", "summary"),
    ("\u{72c0}\u{614b}", "status"),
    ("\u{64cd}\u{4f5c}", "action"),
    ("\u{52a8}\u{4f5c}", "action"),
    ("\u{4ea4}\u{4ed8}\u{7269}", "deliverables"),
    ("\u{6210}\u{679c}\u{7269}", "deliverables"),
    ("\u{8f93}\u{51fa}", "output"),
    ("\u{4efb}\u{52a1}", "tasks"),
    ("\u{30bf}\u{30b9}\u{30af}", "tasks"),
    ("\u{6b65}\u{9aa4}", "steps"),
    ("\u{5df2}\u{6709}", "existing"),
    ("\u{73b0}\u{6709}", "existing"),
    ("\u{65e2}\u{5b58}", "existing"),
    ("\u{5b8c}\u{6210}", "done"),
    ("\u{5b8c}\u{4e86}", "done"),
    ("\u{793a}\u{4f8b}", "example"),
    ("\u{4f8b}\u{5982}", "example"),
    ("\u{80cc}\u{666f}", "background"),
    ("\u{98ce}\u{9669}", "risks"),
    ("\u{5728}", "in"),
    ("\u{4ece}", "from"),
    ("\u{c0dd}\u{c131}", "create"),
    ("\u{c791}\u{c131}", "write"),
    ("\u{ad6c}\u{d604}", "implement"),
    ("\u{cd94}\u{ac00}", "add"),
    ("\u{c218}\u{c815}", "update"),
    ("\u{c5c5}\u{b370}\u{c774}\u{d2b8}", "update"),
    ("\u{bcc0}\u{acbd}", "update"),
    ("\u{c0ad}\u{c81c}", "delete"),
    ("\u{c81c}\u{ac70}", "remove"),
    ("\u{c2e4}\u{d589}", "run"),
    ("\u{cc38}\u{ace0}", "see"),
    ("\u{d655}\u{c778}", "verify"),
    ("\u{d14c}\u{c2a4}\u{d2b8}", "test"),
    ("\u{d30c}\u{c77c}", "file"),
    ("\u{acbd}\u{b85c}", "path"),
    ("\u{c0c1}\u{d0dc}", "status"),
    ("\u{c9c4}\u{d589}\u{c0c1}\u{d669}", "progress"),
    ("\u{c9c4}\u{d589} \u{c0c1}\u{d669}", "progress"),
    ("\u{bcf4}\u{ace0}\u{c11c}", "report"),
    ("\u{c694}\u{c57d}", "summary"),
    ("\u{ad6c}\u{c870}", "structure"),
    ("\u{c0c8}", "new"),
    ("\u{c791}\u{c5c5}", "tasks"),
    ("\u{c644}\u{b8cc}", "done"),
    ("\u{ae30}\u{c874}", "existing"),
    ("\u{c608}\u{c2dc}", "example"),
];

/// Whole words of Spanish, French, Portuguese and Russian.
const WORDS: &[(&str, &[&str])] = &[
    ("create", &["crear", "crea", "cr\u{e9}er", "criar", "crie", "\u{441}\u{43e}\u{437}\u{434}\u{430}\u{442}\u{44c}"]),
    ("created", &["creado", "creada", "creados", "cr\u{e9}\u{e9}", "cr\u{e9}\u{e9}e", "criado", "criada", "criados"]),
    (
        "add",
        list!(
            "a\u{f1}adir agregar a\u{f1}ade ajouter adicionar \
            \u{434}\u{43e}\u{431}\u{430}\u{432}\u{438}\u{442}\u{44c}"
        ),
    ),
    ("implement", &["implementar", "impl\u{e9}menter", "desarrollar"]),
    ("write", &["escribir", "\u{e9}crire", "escrever"]),
    (
        "update",
        list!(
            "actualizar actualiza atualizar mettre modificar modifier \
            \u{43e}\u{431}\u{43d}\u{43e}\u{432}\u{438}\u{442}\u{44c} \
            \u{438}\u{437}\u{43c}\u{435}\u{43d}\u{438}\u{442}\u{44c}"
        ),
    ),
    ("modified", &["modificado", "modificados", "modifi\u{e9}s", "actualizado", "atualizado"]),
    ("move", &["mover", "mueve", "d\u{e9}placer"]),
    ("moved", &["movido", "movidos", "movida"]),
    ("deleted", list!("eliminado eliminados eliminada supprim\u{e9} supprim\u{e9}s removido removidos borrados")),
    ("delete", &["eliminar", "borrar", "supprimer", "excluir", "\u{443}\u{434}\u{430}\u{43b}\u{438}\u{442}\u{44c}"]),
    ("run", &["ejecutar", "ex\u{e9}cuter", "executar", "rodar"]),
    ("see", &["voir", "v\u{e9}ase", "veja"]),
    ("file", &["archivo", "fichero", "fichier", "arquivo", "ficheiro", "\u{444}\u{430}\u{439}\u{43b}"]),
    ("files", &["archivos", "ficheros", "fichiers", "arquivos", "ficheiros", "\u{444}\u{430}\u{439}\u{43b}\u{44b}"]),
    ("new", &["nuevo", "nueva", "nuevos", "nuevas", "nouveau", "nouvelle", "nouveaux", "novo", "nova", "novos"]),
    ("tasks", &["tareas", "t\u{e2}ches", "tarefas"]),
    ("tests", &["pruebas", "testes"]),
    ("structure", &["estructura", "estrutura"]),
    ("deliverables", &["entregables", "livrables", "entreg\u{e1}veis"]),
    ("status", &["estado", "statut"]),
    ("report", &["informe", "rapport", "relat\u{f3}rio"]),
    ("summary", &["resumen", "resumo", "zusammenfassung"]),
    ("progress", &["progreso", "progr\u{e8}s", "progresso", "fortschritt"]),
    ("done", &["completado", "termin\u{e9}", "conclu\u{ed}do"]),
    ("in", &["en", "dans", "\u{43d}\u{430}"]),
    ("without", &["sans", "sem"]),
    ("with", &["avec"]),
    ("for", &["para", "pour", "\u{434}\u{43b}\u{44f}"]),
];

static WHOLE: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| WORDS.iter().flat_map(|(english, words)| words.iter().map(|word| (*word, *english))).collect());

/// True for a character of a script that does not separate words.
pub(super) const fn is_unparted(sign: char) -> bool {
    matches!(sign, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// A text with its known terms translated to English.
#[must_use]
pub(super) fn english(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_unparted) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let term = INSIDE.iter().filter(|_| is_unparted(sign)).find(|(term, _)| rest.starts_with(term));
        let length = match term {
            Some((term, english)) => {
                out.extend([" ", english, " "]);
                term.len()
            }
            None => {
                out.push(sign);
                sign.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// A word in lower case, or its English equivalent.
#[must_use]
pub(super) fn word(word: String) -> String {
    WHOLE.get(word.as_str()).map_or(word, |english| (*english).to_owned())
}

/// A text with East Asian punctuation replaced by ASCII.
#[must_use]
pub(super) fn punctuated(text: &str) -> Cow<'_, str> {
    let plain = |sign: char| {
        Some(match sign {
            '\u{ff1a}' => ": ",
            '\u{ff08}' => " (",
            '\u{ff09}' => ") ",
            '\u{ff0c}' | '\u{3001}' => ", ",
            '\u{3002}' => ". ",
            '\u{ff1b}' => "; ",
            _ => return None,
        })
    };
    if text.is_ascii() || !text.contains(|sign| plain(sign).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match plain(sign) {
            Some(plain) => out.push_str(plain),
            None => out.push(sign),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_terms_become_english() {
        assert_eq!(
            english("\u{66f4}\u{65b0}\u{6587}\u{4ef6}").split_whitespace().collect::<Vec<_>>(),
            ["update", "file"]
        );
        assert_eq!(english("plain"), "plain");
        assert_eq!(punctuated("a\u{ff1a}b\u{3002}"), "a: b. ");
        assert_eq!(word("archivos".to_owned()), "files");
    }
}
