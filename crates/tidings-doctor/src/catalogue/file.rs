//! Files that could not be read.

use super::entries;

entries! { File;
    UNREADABLE = "file-unreadable", Error, [] [NotLoaded] {
        title: "A file could not be read.",
        meaning: "It is damaged, cut off, empty, or something else than its name says. Files are judged by their content.",
        causes: ["The download or copy is incomplete.", "The file was renamed.", "It passed through a tool that treats files as text."],
        tell: "`file NAME` and its size.",
        fix: "Get the file again from where it was made.",
        tidings: "Refuses it and says what it seems to be.",
    }
}
