//! Searches of `files.list`: comparisons with `and`, `or`, `not` and parentheses. Anything else is an error, as at Drive.

use serde_json::Value;

use super::files::{Drive, FakeFile, resolved};

/// A search.
pub(super) enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    Text { field: String, operator: String, value: String },
    Trashed(bool),
    In(String),
    Property { key: String, value: String },
}

impl Query {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0 };
        let query = parser.any()?;
        (parser.at == tokens.len()).then_some(query)
    }

    pub(super) fn finds(&self, drive: &Drive, file: &FakeFile) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.finds(drive, file)),
            Self::Any(parts) => parts.iter().any(|part| part.finds(drive, file)),
            Self::Not(part) => !part.finds(drive, file),
            Self::Trashed(is) => drive.is_trashed(file) == *is,
            Self::In(folder) => file.parent.as_deref() == Some(resolved(folder)),
            Self::Property { key, value } => {
                file.of_app && file.properties.get(key).and_then(Value::as_str) == Some(value.as_str())
            }
            Self::Text { field, operator, value } => {
                let own = if field == "name" { &file.name } else { &file.mime };
                match operator.as_str() {
                    "=" => own == value,
                    "!=" => own != value,
                    _ => own.starts_with(value.as_str()),
                }
            }
        }
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            ' ' => {}
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match signs.next()? {
                        '\\' => quoted.push(signs.next()?),
                        '\'' => break,
                        other => quoted.push(other),
                    }
                }
                tokens.push(Token::Quoted(quoted));
            }
            '!' => {
                signs.next_if_eq(&'=')?;
                tokens.push(Token::Sign("!=".to_owned()));
            }
            '(' | ')' | '{' | '}' | '=' => tokens.push(Token::Sign(sign.to_string())),
            letter if letter.is_ascii_alphabetic() => {
                let mut word = letter.to_string();
                while let Some(letter) = signs.next_if(char::is_ascii_alphanumeric) {
                    word.push(letter);
                }
                tokens.push(Token::Word(word));
            }
            _ => return None,
        }
    }
    Some(tokens)
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Option<Query> {
        let mut parts = vec![self.all()?];
        while self.word("or") {
            parts.push(self.all()?);
        }
        Some(Query::Any(parts))
    }

    fn all(&mut self) -> Option<Query> {
        let mut parts = vec![self.one()?];
        while self.word("and") {
            parts.push(self.one()?);
        }
        Some(Query::All(parts))
    }

    fn one(&mut self) -> Option<Query> {
        if self.word("not") {
            return Some(Query::Not(Box::new(self.one()?)));
        }
        if self.sign("(") {
            let inner = self.any()?;
            return self.sign(")").then_some(inner);
        }
        if let Some(id) = self.quoted() {
            return (self.word("in") && self.word("parents")).then_some(Query::In(id));
        }
        if self.word("trashed") {
            self.sign("=").then_some(())?;
            return if self.word("true") {
                Some(Query::Trashed(true))
            } else {
                self.word("false").then_some(Query::Trashed(false))
            };
        }
        if self.word("appProperties") {
            (self.word("has") && self.sign("{") && self.word("key") && self.sign("=")).then_some(())?;
            let key = self.quoted()?;
            (self.word("and") && self.word("value") && self.sign("=")).then_some(())?;
            let value = self.quoted()?;
            return self.sign("}").then_some(Query::Property { key, value });
        }
        let field = ["name", "mimeType"].into_iter().find(|field| self.word(field))?.to_owned();
        let operator =
            if self.word("contains") { "contains" } else { ["=", "!="].into_iter().find(|sign| self.sign(sign))? };
        Some(Query::Text { field, operator: operator.to_owned(), value: self.quoted()? })
    }

    fn next_is(&mut self, token: &Token) -> bool {
        let is = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self, word: &str) -> bool {
        self.next_is(&Token::Word(word.to_owned()))
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.next_is(&Token::Sign(sign.to_owned()))
    }

    fn quoted(&mut self) -> Option<String> {
        let Some(Token::Quoted(text)) = self.tokens.get(self.at) else { return None };
        self.at += 1;
        Some(text.clone())
    }
}
