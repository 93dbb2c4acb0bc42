//! Rules for payloads that say something to the system rather than to the user.

use serde_json::Value;

use super::subject::{Object, Subject};
use super::{Findings, LintCode};
use crate::push_type::PushType;

pub(super) fn all(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(kind), Some(body)) = (subject.kind, subject.body()) else {
        return;
    };
    match kind {
        PushType::Widgets | PushType::Controls => reload(subject, kind, findings),
        PushType::Mdm => mdm(body, findings),
        PushType::FileProvider => file_provider(body, findings),
        PushType::Complication => {
            findings.add(LintCode::ComplicationLegacy, "the push type is complication");
        }
        PushType::Alert
        | PushType::Background
        | PushType::Voip
        | PushType::Location
        | PushType::LiveActivity
        | PushType::PushToTalk => {}
    }
}

fn reload(subject: &Subject<'_>, kind: PushType, findings: &mut Findings) {
    if !subject.is_on("content-changed") {
        let message = format!("the push type is {kind}, but `content-changed` is not true");
        findings.add(LintCode::ReloadWithoutContentChanged, message);
    }
}

fn mdm(body: &Object, findings: &mut Findings) {
    let magic = body.get("mdm").is_some_and(Value::is_string);
    if !magic || body.len() != 1 {
        findings.add(LintCode::MdmPayload, "the payload is not the PushMagic alone");
    }
}

fn file_provider(body: &Object, findings: &mut Findings) {
    let is_text = |key: &str| body.get(key).is_some_and(Value::is_string);
    for key in ["container-identifier", "domain"]
        .into_iter()
        .filter(|key| !is_text(key))
    {
        findings.add(LintCode::FileProviderPayload, format!("there is no `{key}`"));
    }
}
