//! The lint rules for notifications, from `tidings-apns`.

use tidings_apns::LintCode;

pub(super) fn table() -> String {
    let rows = LintCode::ALL.iter().map(|code| {
        format!(
            "| `{}` | {} | {} |\n",
            code.as_str(),
            code.severity().as_str(),
            code.advice()
        )
    });
    format!(
        "| rule | severity | advice |\n| --- | --- | --- |\n{}",
        rows.collect::<String>()
    )
}
