//! Text from foreign files, made fit to be shown: of a reasonable length, and without what a terminal would obey.

/// Longer than any name or identifier that Apple gives.
const MAX_CHARACTERS: usize = 255;

/// The text without what a terminal would obey, cut where it becomes unreasonable.
pub(crate) fn shortened(text: &str) -> String {
    let mut short = cut(text, MAX_CHARACTERS);
    if shown(text).count() > MAX_CHARACTERS {
        short.push('…');
    }
    short
}

/// The first characters of the text, without what a terminal would obey.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    shown(text).take(limit).collect()
}

fn shown(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| !is_obeyed(*character))
}

/// [`shortened`], of what may be absent or empty.
pub(crate) fn non_empty(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(shortened)
}

/// Whether a terminal does something at it, or turns the direction of writing by it.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
