//! A form with a file (RFC 7578), small enough to be held: what `curl -F` and browsers send.

use tidings_apns::Environment;
use tidings_truth::EnvironmentSet;
use zeroize::Zeroizing;

use super::upload::Uploaded;
use super::{CredentialUpload, signing_key};
use crate::problem::{Problem, ProblemKind, sentence};

/// Fields that a form has at most.
const FIELDS: usize = 128;

/// Fields that are there once at most.
const SINGLE: [&str; 6] = ["p8", "key_id", "team_id", "p12", "password", "pem"];

/// Fields that can be repeated.
const LISTS: [&str; 2] = ["environments", "topics"];

/// A field of a form.
#[derive(Debug, PartialEq, Eq)]
struct Field<'a> {
    name: String,
    file_name: Option<String>,
    content: &'a [u8],
}

/// The credential in a form.
pub(crate) fn read(content_type: &str, body: &[u8]) -> Result<Uploaded, Problem> {
    let boundary = parameter(content_type, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()));
    let fields = boundary.and_then(|boundary| fields(body, &boundary));
    let fields =
        fields.ok_or_else(|| Problem::new(ProblemKind::MalformedRequest, "The form is badly framed."))?;
    for (place, field) in fields.iter().enumerate() {
        let name = crate::body::printable(&field.name);
        if !SINGLE.contains(&name.as_str()) && !LISTS.contains(&name.as_str()) {
            return Err(Problem::field(
                format!("/{name}"),
                format!("There is no field `{name}` here."),
            ));
        }
        let is_repeated = fields.iter().take(place).any(|other| other.name == field.name);
        if is_repeated && SINGLE.contains(&name.as_str()) {
            return Err(Problem::field(format!("/{name}"), "It is there more than once."));
        }
    }
    let form = Form(fields);
    Ok(Uploaded {
        credential: form.read()?,
        file_name: form.file_name(),
    })
}

/// The credential in a form that stands on a page, and what proves that it does. Fields that nobody filled in are passed
/// over; the one for the file takes all sorts, which are told apart by the ending of its name.
pub(crate) fn read_of_page(
    content_type: &str,
    body: &[u8],
) -> Result<(Option<String>, Result<Uploaded, Problem>), Problem> {
    let boundary = parameter(content_type, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()));
    let fields = boundary.and_then(|boundary| fields(body, &boundary));
    let mut fields =
        fields.ok_or_else(|| Problem::new(ProblemKind::MalformedRequest, "The form is badly framed."))?;
    let token = fields.iter().find(|field| field.name == "form_token");
    let token = token
        .and_then(|field| std::str::from_utf8(field.content).ok())
        .map(str::to_owned);
    fields.retain(|field| field.name != "form_token" && !field.content.is_empty());
    for field in &mut fields {
        if field.name == "file" {
            kind_of(field.file_name.as_deref().unwrap_or_default()).clone_into(&mut field.name);
        }
    }
    let form = Form(fields);
    let read = form.read().map(|credential| Uploaded {
        credential,
        file_name: form.file_name(),
    });
    Ok((token, read))
}

/// What a file is by the ending of its name.
fn kind_of(file_name: &str) -> &'static str {
    let name = file_name.to_ascii_lowercase();
    let ends = |ending: &str| name.ends_with(ending);
    if ends(".p8") {
        "p8"
    } else if ends(".p12") || ends(".pfx") {
        "p12"
    } else {
        "pem"
    }
}

struct Form<'a>(Vec<Field<'a>>);

impl Form<'_> {
    fn read(&self) -> Result<CredentialUpload, Problem> {
        let environments = self.environments()?;
        match (self.field("p8"), self.field("p12"), self.field("pem")) {
            (Some(file), None, None) => {
                let from_name = file.file_name.as_deref().and_then(key_id_of);
                let key_id = self.text("key_id").or(from_name);
                let topics = self.list("topics");
                signing_key(
                    file.content.to_vec(),
                    key_id,
                    self.text("team_id"),
                    environments,
                    topics,
                )
            }
            (None, Some(file), None) => Ok(CredentialUpload::Keystore {
                bytes: Zeroizing::new(file.content.to_vec()),
                password: Zeroizing::new(self.text("password").unwrap_or_default().to_owned()),
                environments,
            }),
            (None, None, Some(file)) => Ok(CredentialUpload::Pem {
                pem: Zeroizing::new(file.content.to_vec()),
                environments,
            }),
            _ => Err(Problem::field(
                "",
                "There must be exactly one of `p8`, `p12` and `pem`.",
            )),
        }
    }

    /// The name of the file, which for a signing key holds its id.
    fn file_name(&self) -> Option<String> {
        let mut files = self
            .0
            .iter()
            .filter(|field| ["p8", "p12", "pem"].contains(&field.name.as_str()));
        files.find_map(|field| field.file_name.clone())
    }

    fn field(&self, name: &str) -> Option<&Field<'_>> {
        self.0.iter().find(|field| field.name == name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.field(name)?.content).ok()
    }

    /// A list: a field for each, or commas between them.
    fn list(&self, name: &str) -> Vec<String> {
        let fields = self.0.iter().filter(|field| field.name == name);
        let texts = fields.filter_map(|field| std::str::from_utf8(field.content).ok());
        let words = texts.flat_map(|text| text.split(',')).map(str::trim);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn environments(&self) -> Result<Option<EnvironmentSet>, Problem> {
        let words = self.list("environments");
        if words.is_empty() {
            return Ok(None);
        }
        let read = |word: &String| word.parse::<Environment>();
        let set: Result<EnvironmentSet, _> = words
            .iter()
            .map(read)
            .collect::<Result<Vec<_>, _>>()
            .map(|all| all.into_iter().collect());
        set.map(Some)
            .map_err(|error| Problem::field("/environments", sentence(&error.to_string())))
    }
}

/// The key id in the name that Apple gives the file: `AuthKey_ABCDE12345.p8`.
fn key_id_of(file_name: &str) -> Option<&str> {
    let stem = file_name.rsplit(['/', '\\']).next()?.strip_suffix(".p8")?;
    stem.strip_prefix("AuthKey_")
}

/// The fields between the delimiters; `None` when the form is not well framed.
fn fields<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Field<'a>>> {
    let delimiter = format!("--{boundary}").into_bytes();
    let start = find(body, &delimiter)?;
    let mut rest = body.get(start + delimiter.len()..)?;
    let next = [b"\r\n", delimiter.as_slice()].concat();
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, &next)?;
        fields.push(field(part.get(..end)?)?);
        rest = part.get(end + next.len()..)?;
        if fields.len() > FIELDS {
            return None;
        }
    }
    Some(fields)
}

fn field(part: &[u8]) -> Option<Field<'_>> {
    let end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(part.get(..end)?).ok()?;
    let content = part.get(end + 4..)?;
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    })?;
    Some(Field {
        name: parameter(disposition, "name")?,
        file_name: parameter(disposition, "filename"),
        content,
    })
}

/// A parameter of a header's value, with quotes or without.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        key.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &str = "--XX\r\nContent-Disposition: form-data; name=\"p8\"; filename=\"AuthKey_ABCDE12345.p8\"\r\n\
                        Content-Type: application/octet-stream\r\n\r\nkey\r\nkey\r\n--XX\r\n\
                        content-disposition: form-data; name=team_id\r\n\r\nTEAM123456\r\n--XX--\r\n";

    #[test]
    fn a_form_as_curl_sends_it_is_read() {
        let fields = fields(FORM.as_bytes(), "XX").unwrap();
        assert_eq!(fields[0].content, b"key\r\nkey");
        assert_eq!(
            fields[0].file_name.as_deref().and_then(key_id_of),
            Some("ABCDE12345")
        );
        assert_eq!(
            (fields[1].name.as_str(), fields[1].content),
            ("team_id", &b"TEAM123456"[..])
        );
        let upload = read("multipart/form-data; boundary=XX", FORM.as_bytes()).unwrap();
        assert_eq!(upload.file_name.as_deref(), Some("AuthKey_ABCDE12345.p8"));
        let CredentialUpload::SigningKey {
            key_id, environments, ..
        } = upload.credential
        else {
            panic!("it is a signing key");
        };
        assert_eq!(
            (key_id.as_str(), environments),
            ("ABCDE12345", EnvironmentSet::BOTH)
        );
    }

    #[test]
    fn lists_are_repeated_or_have_commas_and_nothing_else_is_repeated() {
        let field = |name: &str, text: &str| {
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let form = |fields: &[String]| fields.concat() + "--XX--";
        let key = [
            field("p8", "key"),
            field("key_id", "ABCDE12345"),
            field("team_id", "TEAM123456"),
        ];
        let lists = [
            field("topics", "a, b"),
            field("topics", "c"),
            field("environments", "sandbox"),
        ];
        let body = form(&[key.as_slice(), &lists].concat());
        let upload = read("multipart/form-data; boundary=\"XX\"", body.as_bytes()).unwrap();
        let CredentialUpload::SigningKey {
            topics, environments, ..
        } = upload.credential
        else {
            panic!("it is a signing key");
        };
        assert_eq!(topics, ["a", "b", "c"]);
        assert_eq!(environments, EnvironmentSet::NONE.with(Environment::Sandbox));
        for odd in [field("p8", "other"), field("colour", "red")] {
            let body = form(&[key.as_slice(), &[odd]].concat());
            let problem = read("multipart/form-data; boundary=XX", body.as_bytes()).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::InvalidField);
        }
    }

    #[test]
    fn a_form_that_is_cut_off_is_refused() {
        for length in 0..FORM.len() - 4 {
            assert!(fields(&FORM.as_bytes()[..length], "XX").is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_form_or_are_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = fields(&body, "XX");
            let framed = [b"--XX\r\n", body.as_slice(), b"\r\n--XX--"].concat();
            let _ = fields(&framed, "XX");
        }
    }
}
