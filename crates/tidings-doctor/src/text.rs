//! Text from foreign files, made fit to be shown: of a reasonable length, and without what a terminal would obey.

/// Longer than any name or identifier that Apple gives.
const MAX_CHARACTERS: usize = 255;

/// The text without control characters, cut where it becomes unreasonable.
pub(crate) fn shortened(text: &str) -> String {
    let clean = text.chars().filter(|character| !is_obeyed(*character));
    let mut short: String = clean.clone().take(MAX_CHARACTERS).collect();
    if clean.count() > MAX_CHARACTERS {
        short.push('…');
    }
    short
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
