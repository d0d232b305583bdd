//! The names of Exportify's columns in other languages than English: Exportify uses the language of the user.

use super::column::Column;

/// The fields of the names in each of [`LANGUAGES`], in the same order. Danceability is the second of
/// [`crate::model::NUMBERS`].
const COLUMNS: [Column; 27] = [
    Column::Uri,
    Column::Title,
    Column::ArtistIds,
    Column::Artists,
    Column::Album,
    Column::AlbumArtists,
    Column::Released,
    Column::Duration,
    Column::Explicit,
    Column::Number(0),
    Column::Isrc,
    Column::AddedBy,
    Column::AddedAt,
    Column::Label,
    Column::Genres,
    Column::Number(1),
    Column::Number(2),
    Column::Number(3),
    Column::Number(4),
    Column::Number(5),
    Column::Number(6),
    Column::Number(7),
    Column::Number(8),
    Column::Number(9),
    Column::Number(10),
    Column::Number(11),
    Column::Number(12),
];

/// The names in each language, as `dialect.rs` folds them.
const LANGUAGES: [&str; 13] = [
    // ar
    "رابط الأغنية uri|اسم الأغنية|روابط الفنانين uri|أسماء الفنانين|اسم الألبوم|أسماء فناني الألبوم|\
     تاريخ إصدار الألبوم|مدة الأغنية بالمللي ثانية|صريح|الشعبية|isrc|أضيف بواسطة|أضيف في|العلامة التجارية|\
     أنواع الفنان|قابلية الرقص|الطاقة|المفتاح|مستوى الصوت|النمط|محتوى الكلام|الطابع الصوتي|الطابع الآلي|\
     الحيوية|الإيجابية|الإيقاع|توقيع الزمن",
    // de
    "track uri|track name|künstler uri|künstlername n|album name|album künstlername n|\
     veröffentlichungsdatum des albums|track dauer ms|explizit|beliebtheit|isrc|hinzugefügt von|\
     hinzugefügt am|label|künstler genre|tanzbarkeit|energie|tonart|lautstärke|modus|sprachanteil|akustik|\
     instrumentalität|lebendigkeit|valenz|tempo|taktart",
    // el
    "uri κομματιού|όνομα κομματιού|uri καλλιτέχνη/ων|όνομα/τα καλλιτέχνη|όνομα άλμπουμ|\
     όνομα/τα καλλιτέχνη άλμπουμ|ημερομηνία κυκλοφορίας άλμπουμ|διάρκεια κομματιού ms|ακατάλληλο|\
     δημοτικότητα|isrc|προστέθηκε από|προστέθηκε στις|εταιρεία|είδη καλλιτέχνη|χορευτικότητα|ενέργεια|\
     τονικότητα|ένταση|τρόπος|ομιλητικότητα|ακουστικότητα|οργανοκεντρικότητα|ζωντάνια|θετικότητα|ρυθμός|μέτρο",
    // es
    "uri de la canción|nombre de la canción|uri del artista|nombre del artista|nombre del álbum|\
     nombre del artista del álbum|fecha de lanzamiento del álbum|duración de la canción ms|explícito|\
     popularidad|isrc|añadido por|añadido en|sello|géneros del artista|bailabilidad|energía|tonalidad|\
     volumen|modo|hablado|acústica|instrumentalidad|vivacidad|valencia|tempo|compás",
    // fr
    "uri du titre|nom du titre|uri de l'artiste|nom de l'artiste|nom de l'album|nom de l'artiste de l'album|\
     date de sortie de l'album|durée du titre ms|explicite|popularité|isrc|ajouté par|ajouté le|label|\
     genre de l'artiste|danseabilité|énergie|tonalité|volume sonore|mode|parlabilité|acoustique|instrumental|\
     vivacité|valence|tempo|mesure",
    // it
    "uri della traccia|nome della traccia|uri dell'artista|nome dell'artista|nome dell'album|\
     nome dell'artista dell'album|data di rilascio dell'album|durata della traccia ms|esplicito|popolarità|\
     isrc|aggiunto da|aggiunto il|etichetta|generi dell'artista|ballabilità|energia|chiave|volume|modalità|\
     linguaggio parlato|acustica|strumentalità|vivacità|valenza|tempo|battuta",
    // ja
    "トラックuri|トラック名|アーティストuri|アーティスト名|アルバム名|アルバムアーティスト名|アルバム発売日|トラックの長さ（ミリ秒）|明示的な内容|人気度|isrc|追加者|追加日時|レーベル|\
     アーティストジャンル|ダンサビリティ|エネルギー|キー|ラウドネス|モード|スピーチ性|アコースティック性|インストゥルメンタル性|ライブ感|感情値|テンポ|拍子",
    // nl
    "nummer uri|nummernaam|artiest uri|naam van artiest|naam van album|naam van artiest op het album|\
     releasedatum van het album|nummerduur ms|expliciet|populariteit|isrc|toegevoegd door|toegevoegd op|\
     label|genre van de artiest|dansbaarheid|energie|toonsoort|luidheid|modus|spraakzaamheid|akoestiek|\
     instrumentaliteit|levendigheid|valentie|tempo|maatstreep",
    // pt
    "uri da faixa|nome da faixa|uri do artista|nome do artista|nome do álbum|nome do artista do álbum|\
     data de lançamento do álbum|duração da faixa ms|explícita|popularidade|isrc|adicionado por|\
     adicionado em|gravadora|gêneros do artista|dançabilidade|energia|tonalidade|volume|modo|oralidade|\
     acústica|instrumentalidade|vivacidade|valência|tempo|compasso",
    // sv
    "låtens uri|låtens namn|artistens uri|artistens namn|albumets namn|albumartistens namn|\
     albumets releasedatum|låtlängd ms|explicit|popularitet|isrc|tillagd av|tillagd vid|skivbolag|\
     artistens genrer|dansbarhet|energi|tonart|ljudstyrka|läge|talighet|akustik|instrumentalhet|livlighet|\
     valens|tempo|taktart",
    // tr
    "parça uri|parça adı|sanatçı uri|sanatçı adı|albüm adı|albümdeki sanatçı adı|albüm çıkış tarihi|\
     parça süresi ms|açık i̇çerik|popülerlik|isrc|ekleyen|eklenme tarihi|plak şirketi|sanatçı türleri|\
     dans edilebilirlik|enerji|ton|ses seviyesi|mod|konuşma oranı|akustiklik|enstrümantalite|canlılık|\
     duygusallık|tempo|ölçü i̇şareti",
    // zh-Hans
    "曲目 uri|曲目名称|艺人 uri|艺人名称|专辑名称|专辑艺人名称|专辑发行日期|曲目时长（毫秒）|含露骨内容|热度|isrc|添加者|添加时间|唱片公司|艺人流派|舞蹈性|能量|调性|响度|调式|\
     语音度|原声性|器乐度|现场感|情绪效价|速度|拍号",
    // zh-Hant
    "曲目 uri|曲目名稱|藝人 uri|藝人名稱|專輯名稱|專輯藝人名稱|專輯發行日期|曲目長度（毫秒）|含露骨內容|熱門度|isrc|新增者|新增時間|唱片公司|藝人曲風|舞蹈性|能量|調性|響度|調式|\
     語音度|原音性|器樂度|現場感|情緒效價|速度|拍號",
];

/// Reads a header in one language: the language that knows most of its names. Some names have different meanings in two
/// languages, so languages are never mixed.
pub(super) fn columns(folded: &[String]) -> Vec<Option<Column>> {
    let known = |language: &str| folded.iter().filter(|name| place(language, name).is_some()).count();
    let best = LANGUAGES.iter().rev().max_by_key(|language| known(language)).copied().unwrap_or_default();
    folded.iter().map(|name| place(best, name).and_then(|place| COLUMNS.get(place).copied())).collect()
}

fn place(language: &str, name: &str) -> Option<usize> {
    language.split('|').position(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::super::dialect::fold;
    use super::*;

    #[test]
    fn every_language_has_a_folded_name_for_each_column() {
        for language in LANGUAGES {
            let names: Vec<_> = language.split('|').map(str::to_owned).collect();
            assert_eq!(names.len(), COLUMNS.len(), "{language}");
            assert!(names.iter().all(|name| *name == fold(name)), "{language}");
            let read: Vec<_> = columns(&names).into_iter().flatten().collect();
            assert_eq!(read, COLUMNS, "{language}");
        }
    }
}
