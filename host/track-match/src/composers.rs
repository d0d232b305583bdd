//! Composers. Services list the composer of a work as the first artist; files often do not name the composer.
//!
//! Two recordings of one work have the same composer, so a composer beside other names does not identify a recording. The list
//! contains composers who rarely appear as performers. A composer that is not listed leads to a question instead of an
//! automatic match.

/// Folded family names and given names. A name matches with the family name alone, or with any of the given names or their
/// initials before it.
const COMPOSERS: [(&str, &[&str]); 74] = [
    ("albeniz", &["isaac"]),
    ("albinoni", &["tomaso"]),
    ("bach", &["johann", "sebastian", "js"]),
    ("beethoven", &["ludwig", "van"]),
    ("bellini", &["vincenzo"]),
    ("berlioz", &["hector"]),
    ("bizet", &["georges"]),
    ("boccherini", &["luigi"]),
    ("borodin", &["alexander"]),
    ("brahms", &["johannes"]),
    ("bruch", &["max"]),
    ("bruckner", &["anton"]),
    ("buxtehude", &["dieterich", "dietrich"]),
    ("chopin", &["frederic", "fryderyk"]),
    ("corelli", &["arcangelo"]),
    ("couperin", &["francois"]),
    ("debussy", &["claude"]),
    ("delibes", &["leo"]),
    ("donizetti", &["gaetano"]),
    ("dvorak", &["antonin"]),
    ("elgar", &["edward", "sir"]),
    ("faure", &["gabriel"]),
    ("franck", &["cesar"]),
    ("gluck", &["christoph", "willibald"]),
    ("gounod", &["charles"]),
    ("granados", &["enrique"]),
    ("grieg", &["edvard"]),
    ("handel", &["george", "georg", "frideric", "friedrich"]),
    ("haendel", &["george", "georg", "frideric", "friedrich"]),
    ("haydn", &["joseph", "franz"]),
    ("holst", &["gustav"]),
    ("janacek", &["leos"]),
    ("liszt", &["franz"]),
    ("mahler", &["gustav"]),
    ("massenet", &["jules"]),
    ("mendelssohn", &["felix"]),
    ("monteverdi", &["claudio"]),
    ("mozart", &["wolfgang", "amadeus"]),
    ("mussorgsky", &["modest"]),
    ("offenbach", &["jacques"]),
    ("pachelbel", &["johann"]),
    ("pergolesi", &["giovanni", "battista"]),
    ("prokofiev", &["sergei", "serge"]),
    ("puccini", &["giacomo"]),
    ("purcell", &["henry"]),
    ("rameau", &["jean", "philippe"]),
    ("ravel", &["maurice"]),
    ("rossini", &["gioachino", "gioacchino"]),
    ("satie", &["erik"]),
    ("scarlatti", &["domenico", "alessandro"]),
    ("schubert", &["franz"]),
    ("schumann", &["robert", "clara"]),
    ("shostakovich", &["dmitri", "dmitry"]),
    ("sibelius", &["jean"]),
    ("smetana", &["bedrich"]),
    ("tchaikovsky", &["pyotr", "peter", "piotr", "ilyich", "ilich"]),
    ("telemann", &["georg", "philipp"]),
    ("verdi", &["giuseppe"]),
    ("vivaldi", &["antonio"]),
    ("wagner", &["richard"]),
    ("weber", &["carl", "maria", "von"]),
    ("barber", &["samuel"]),
    ("bartok", &["bela"]),
    ("britten", &["benjamin"]),
    ("copland", &["aaron"]),
    ("khachaturian", &["aram"]),
    ("orff", &["carl"]),
    ("rachmaninoff", &["sergei"]),
    ("rachmaninov", &["sergei"]),
    ("respighi", &["ottorino"]),
    ("scriabin", &["alexander"]),
    ("strauss", &["johann", "richard"]),
    ("stravinsky", &["igor"]),
    ("bartholdy", &["felix", "mendelssohn"]),
];

/// True if a name, in folded words, is the name of a composer.
pub(super) fn is_composer(words: &[String]) -> bool {
    let Some((family, given)) = words.split_last() else { return false };
    let fits = |names: &[&str]| {
        let known = |word: &String| {
            let initial = word.chars().count() == 1;
            names.iter().any(|name| name == word || (initial && name.starts_with(word.as_str())))
        };
        given.iter().all(known)
    };
    COMPOSERS.iter().any(|(name, names)| name == family && fits(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composer_is_recognised_by_family_name_and_matching_given_names() {
        let is = |text: &str| is_composer(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for name in ["bach", "j s bach", "johann sebastian bach", "ludwig van beethoven", "felix mendelssohn bartholdy"]
        {
            assert!(is(name), "{name}");
        }
        for name in ["sebastian bach band", "anna bach", "bach choir", "ludwig", "the verdi quartet"] {
            assert!(!is(name), "{name}");
        }
    }
}
