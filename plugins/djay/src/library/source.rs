//! Parses the location of a track from djay's address.

use percent_encoding::percent_decode_str;

use super::model::{Source, is_track};

/// Parses an address. The result also has the address as djay wrote it.
#[must_use]
pub fn source(uri: &str) -> Source {
    let of = |service: &str, id: &str, path: Option<String>| Source {
        service: service.to_owned(),
        id: id.to_owned(),
        uri: uri.to_owned(),
        path,
    };
    if let Some(number) = uri.strip_prefix("com.apple.iTunes:") {
        return of("apple", some_id(&unsigned(number)), None);
    }
    if let Some(rest) = uri.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:")).and(uri.get(5..)) {
        return of("local", "", path(rest));
    }
    let Some((service, rest)) = uri.split_once(':') else { return of("unknown", uri, None) };
    let service = match service.to_lowercase().as_str() {
        // A scheme such as `https` is not a service. The names that `Source::service` uses for other things are not services
        // either.
        _ if rest.starts_with("//") => return of("unknown", uri, None),
        "" | "local" | "djay" | "unknown" => return of("unknown", uri, None),
        "apple" => "apple-music".to_owned(),
        service => service.to_owned(),
    };
    // An item that is not a track keeps its kind: an album and a track can have the same number.
    let id = match rest.split_once(':') {
        Some((kind, id)) if is_track(kind) => some_id(id),
        _ => rest,
    };
    of(&service, id, None)
}

/// Returns an empty text if the id consists of zeros, because djay writes zeros if there is no id.
fn some_id(id: &str) -> &str {
    if id.bytes().all(|byte| byte == b'0') { "" } else { id }
}

/// Apple's numbers have 64 bits; djay writes some of them as negative numbers.
fn unsigned(number: &str) -> String {
    number.parse::<i64>().map_or_else(|_| number.to_owned(), |number| number.cast_unsigned().to_string())
}

/// The path in `//HOST/PATH` of a file address; `None` if it is not text.
fn path(rest: &str) -> Option<String> {
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let path = decoded(path)?;
    let drive = path.strip_prefix('/').filter(|rest| {
        let mut chars = rest.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':')
    });
    match (drive, host) {
        (Some(windows), _) => Some(windows.to_owned()),
        (None, "" | "localhost") => Some(path),
        (None, host) => Some(format!("//{host}{path}")),
    }
}

/// Percent-decodes; `None` if the result is not UTF-8 or has a NUL. A `%` without two digits stays.
fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_macos_and_windows_have_their_paths() {
        for (uri, path) in [
            ("file:///Users/dj/Music/A%20B/caf%C3%A9%231.mp3", Some("/Users/dj/Music/A B/café#1.mp3")),
            ("file:///D:%5CDIR%5Cfile%20%281%29.mp3", Some("D:\\DIR\\file (1).mp3")),
            ("file:///C:/Music/a.mp3", Some("C:/Music/a.mp3")),
            ("file://localhost/a%", Some("/a%")),
            ("file://nas/music/a%2", Some("//nas/music/a%2")),
            ("FILE:/a", Some("/a")),
            ("file:///%ff", None),
            ("file:///%00", None),
        ] {
            let found = source(uri);
            assert_eq!(
                (found.service.as_str(), found.id.as_str(), found.path.as_deref()),
                ("local", "", path),
                "{uri}"
            );
            assert_eq!(found.uri, uri);
        }
    }

    #[test]
    fn addresses_have_a_service_and_an_id() {
        for (uri, service, id) in [
            ("com.apple.iTunes:8986230555104447322", "apple", "8986230555104447322"),
            ("com.apple.iTunes:-4336282834212606353", "apple", "14110461239496945263"),
            ("com.apple.iTunes:18446744073709551615", "apple", "18446744073709551615"),
            ("spotify:track:4uLU6hMCjMI75M1A2tKUQC", "spotify", "4uLU6hMCjMI75M1A2tKUQC"),
            ("beatport:track:123", "beatport", "123"),
            ("soundcloud:tracks:9", "soundcloud", "9"),
            ("tidal:track:a:b", "tidal", "a:b"),
            ("tidal:video:5", "tidal", "video:5"),
            ("beatport:release:44", "beatport", "release:44"),
            ("spotify:local:A:B:C:1", "spotify", "local:A:B:C:1"),
            ("com.apple.iTunes:0", "apple", ""),
            ("beatport:track:0", "beatport", ""),
            ("spotify:track:", "spotify", ""),
            ("x:y", "x", "y"),
            ("apple:track:1", "apple-music", "1"),
            ("https://a.b/c:d", "unknown", "https://a.b/c:d"),
            ("ipod-library://item/item.m4a?id=1", "unknown", "ipod-library://item/item.m4a?id=1"),
            ("djay:track:1", "unknown", "djay:track:1"),
            ("Local:1", "unknown", "Local:1"),
            ("nothing", "unknown", "nothing"),
            (":a", "unknown", ":a"),
            ("", "unknown", ""),
        ] {
            let found = source(uri);
            assert_eq!((found.service.as_str(), found.id.as_str()), (service, id), "{uri}");
        }
    }

    #[test]
    fn only_tracks_of_services_and_numbers_of_apples_library_name_a_track() {
        for (uri, id) in [
            ("tidal:track:5", Some("5")),
            ("tidal:video:5", None),
            ("beatport:track:44", Some("44")),
            ("beatport:release:44", None),
            ("beatport:track:0", None),
            ("Spotify:Track:a", Some("a")),
            ("spotify:episode:77", None),
            ("spotify:local:A:B:C:1", None),
            ("spotify:77", None),
            ("spotify:track:", None),
            ("soundcloud:tracks:9", Some("9")),
            ("soundcloud:playlists:9", None),
            ("another:track:9", None),
            ("com.apple.iTunes:-1", Some("18446744073709551615")),
            ("com.apple.iTunes:0", None),
            ("com.apple.iTunes:", None),
            ("com.apple.iTunes:x", None),
        ] {
            assert_eq!(source(uri).track_id(), id, "{uri}");
        }
    }

    #[test]
    fn only_addresses_of_known_services_are_streamed() {
        for (uri, streamed) in [
            ("spotify:track:1", true),
            ("Tidal:track:1", true),
            ("apple:track:1", true),
            ("com.apple.iTunes:1", false),
            ("file:///a.mp3", false),
            ("https://a.b/c", false),
            ("ipod-library://item/1", false),
            ("x:y", false),
            ("", false),
        ] {
            assert_eq!(source(uri).is_streamed(), streamed, "{uri}");
        }
    }
}
