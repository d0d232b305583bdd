//! Splits Rust source into tokens, for tests that read the code. Comments are left out, and a string is one token.

/// A word (identifier or number), `::`, another sign, or a string. A string begins with `"` and has no closing quote.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

/// The tokens of a source without test code.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    without_tests(tokens_with_tests(source))
}

/// All tokens of a source.
pub(crate) fn tokens_with_tests(source: &str) -> Vec<Token> {
    Reader { rest: source, line: 1, tokens: Vec::new() }.read()
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Token> {
        while let Some(first) = self.rest.chars().next() {
            if first.is_alphanumeric() || first == '_' {
                self.word();
            } else if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.skip(comment(self.rest));
            } else if first == '"' {
                self.string(1, string(self.rest, 1));
            } else if first == '\'' {
                self.skip(quote(self.rest));
            } else if self.rest.starts_with("::") {
                self.push(2);
            } else if first.is_whitespace() {
                self.skip(first.len_utf8());
            } else {
                self.push(first.len_utf8());
            }
        }
        self.tokens
    }

    /// Skips this number of bytes and returns them.
    fn skip(&mut self, bytes: usize) -> String {
        let (text, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += text.matches('\n').count();
        self.rest = rest;
        text.to_owned()
    }

    fn push(&mut self, bytes: usize) {
        let line = self.line;
        let text = self.skip(bytes);
        self.tokens.push(Token { text, line });
    }

    fn string(&mut self, before: usize, bytes: usize) {
        let line = self.line;
        let text = self.skip(bytes);
        let content = text.get(before..).unwrap_or_default().trim_end_matches('#').trim_end_matches('"');
        self.tokens.push(Token { text: format!("\"{content}"), line });
    }

    fn word(&mut self) {
        let length = self.rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(self.rest.len());
        let (word, behind) = self.rest.split_at(length);
        let hashes = behind.len() - behind.trim_start_matches('#').len();
        let opens = behind.trim_start_matches('#').starts_with('"');
        if matches!(word, "r" | "br" | "cr") && opens {
            let before = length + hashes + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            let content = self.rest.get(before..).unwrap_or_default();
            let bytes = content.find(&end).map_or(self.rest.len(), |at| before + at + end.len());
            self.string(before, bytes);
        } else if matches!(word, "b" | "c") && behind.starts_with('"') {
            self.string(length + 1, string(self.rest, length + 1));
        } else if word == "r" && hashes == 1 {
            self.skip(2);
            self.word();
        } else {
            self.push(length);
        }
    }
}

/// The length of a comment, including nested ones.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string whose content begins at byte `content`.
fn string(text: &str, content: usize) -> usize {
    let mut escaped = false;
    for (at, sign) in text.char_indices().skip_while(|(at, _)| *at < content) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character or of a lifetime.
fn quote(text: &str) -> usize {
    let mut signs = text.char_indices().skip(1);
    let first = signs.next().map(|(_, sign)| sign);
    let second = signs.next();
    match (first, second) {
        // The character after the backslash may be a quote.
        (Some('\\'), Some((at, sign))) => {
            let behind = at + sign.len_utf8();
            let end = text.get(behind..).and_then(|rest| rest.find('\''));
            end.map_or(text.len(), |end| behind + end + 1)
        }
        (_, Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// Removes each item with `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if token.text != "#" || tokens.peek().is_none_or(|next| next.text != "[") {
            kept.push(token);
            continue;
        }
        let mut attribute = vec![token];
        take_group(&mut tokens, &mut attribute);
        let start: String = attribute.iter().take(6).map(|token| token.text.as_str()).collect();
        let is_test = |token: &Token| token.text == "test";
        if start == "#[cfg(test)" || start == "#[cfg(all(" && attribute.get(6).is_some_and(is_test) {
            skip_item(&mut tokens);
        } else {
            kept.append(&mut attribute);
        }
    }
    kept
}

/// Takes the tokens from an opening bracket to the closing one.
fn take_group(tokens: &mut impl Iterator<Item = Token>, taken: &mut Vec<Token>) {
    let mut depth = 0_usize;
    for token in tokens.by_ref() {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        taken.push(token);
        if depth == 0 {
            return;
        }
    }
}

/// Skips an item, which ends at `;` or after its braces. Braces do not end a `use`.
fn skip_item(tokens: &mut std::iter::Peekable<impl Iterator<Item = Token>>) {
    let mut is_use = false;
    while let Some(next) = tokens.peek() {
        match next.text.as_str() {
            "(" | "[" | "{" => {
                let is_body = next.text == "{" && !is_use;
                take_group(tokens, &mut Vec::new());
                if is_body {
                    return;
                }
                continue;
            }
            ";" => {
                tokens.next();
                return;
            }
            "use" => is_use = true,
            _ => {}
        }
        tokens.next();
    }
}
