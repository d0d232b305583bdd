//! Quotes the words of a shell command. The words may come from untrusted manifests and file names.

/// `text` as one word of a shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Several words with spaces between them.
#[must_use]
pub fn words<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_shell_would_not_read_as_one_word_is_quoted() {
        assert_eq!(
            words(&["files:ro=plans", "http=GET:a.b/x*", "a|b", "it's", ""]),
            r"files:ro=plans 'http=GET:a.b/x*' 'a|b' 'it'\''s' ''"
        );
    }
}
