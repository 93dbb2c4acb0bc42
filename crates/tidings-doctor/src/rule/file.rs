//! Files that could not be read.

use crate::artefact::Content;
use crate::catalogue::file;
use crate::facts::Facts;
use crate::remark::Remark;

pub(super) fn unreadable(facts: &Facts<'_>) -> Vec<Remark> {
    let unreadable = facts
        .case
        .artefacts
        .iter()
        .filter_map(|artefact| match &artefact.content {
            Content::Unreadable(it) => Some((&artefact.path, it)),
            _ => None,
        });
    unreadable
        .map(|(path, it)| {
            let seems = it
                .looks_like
                .as_ref()
                .map(|what| format!("{path}: looks like {what}"));
            Remark::certain(
                &file::UNREADABLE,
                format!("{path} could not be read: {}.", it.why.trim_end_matches('.')),
            )
            .evidences(seems)
            .fix(it.advice.clone())
        })
        .collect()
}
