//! Names and comments in the manner of each language.

/// `send_notification` as `sendNotification`.
pub(super) fn camel(snake: &str) -> String {
    let mut words = snake.split(['_', '-']);
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &capital(word))
}

/// `notification.finished` as `NotificationFinished`.
pub(super) fn pascal(name: &str) -> String {
    name.split(['_', '-', '.']).map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// The longest line, if it can be helped.
const LINE: usize = 120;

/// A list between brackets: in a line, or a line for each part where that would be too long.
pub(super) fn listed((outer, inner): (&str, &str), open: &str, parts: &[String], close: &str) -> String {
    let line = format!("{outer}{open}{}{close}\n", parts.join(", "));
    if line.len() <= LINE {
        return line;
    }
    let mut text = format!("{outer}{}\n", open.trim_end());
    for part in parts {
        text += &[inner, part, ",\n"].concat();
    }
    text + outer + close.trim_start() + "\n"
}

/// A comment of JavaScript's kind, before what it is about.
pub(super) fn jsdoc(indent: &str, paragraphs: &[String]) -> String {
    let text = paragraphs.join("\n\n").replace("*/", "*\\/");
    let lines: Vec<&str> = text.lines().collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let body: String = lines
                .iter()
                .map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n")
                .collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
    }
}

/// A comment of Python's kind, after what it is about.
pub(super) fn docstring(indent: &str, paragraphs: &[String]) -> String {
    let text = paragraphs
        .join("\n\n")
        .replace('\\', "\\\\")
        .replace("\"\"\"", "'''");
    if text.is_empty() {
        return String::new();
    }
    // A quotation mark at the end would join the three.
    let text = if text.ends_with('"') { text + " " } else { text };
    let indented = text.replace('\n', &format!("\n{indent}"));
    let trimmed: Vec<&str> = indented.lines().map(str::trim_end).collect();
    let end = if trimmed.len() > 1 {
        format!("\n{indent}")
    } else {
        String::new()
    };
    format!("{indent}\"\"\"{}{end}\"\"\"\n", trimmed.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_manner_of_the_language() {
        assert_eq!(camel("send_notification"), "sendNotification");
        assert_eq!(camel("ready"), "ready");
        assert_eq!(pascal("device.unregistered_wave"), "DeviceUnregisteredWave");
    }

    #[test]
    fn a_list_that_is_too_long_for_a_line_has_a_line_for_each_part() {
        let two = ["one".to_owned(), "two".to_owned()];
        assert_eq!(listed((" ", "  "), "f({ ", &two, " })"), " f({ one, two })\n");
        let long = ["x".repeat(LINE), "two".to_owned()];
        let expected = format!(" f({{\n  {},\n  two,\n }})\n", long[0]);
        assert_eq!(listed((" ", "  "), "f({ ", &long, " })"), expected);
    }

    #[test]
    fn a_comment_cannot_end_before_its_end() {
        let hostile = ["see */*/ and \"\"\" or \"".to_owned()];
        assert_eq!(jsdoc("", &hostile).matches("*/").count(), 1);
        assert_eq!(docstring("", &hostile).matches("\"\"\"").count(), 2);
        assert_eq!(docstring("", &[r"\d".to_owned()]), "\"\"\"\\\\d\"\"\"\n");
    }
}
