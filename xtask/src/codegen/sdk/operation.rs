//! Operations: what each takes, and what it answers.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::schema::{Field, Shape, about};

/// One operation of the document.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) about: String,
    pub(super) scope: Option<String>,
    pub(super) in_path: Vec<Field>,
    pub(super) query: Vec<Field>,
    /// Whether a key can make it happen once however often it is asked for.
    pub(super) idempotency: Idempotency,
    pub(super) body: Option<Body>,
    pub(super) answer: Answer,
    pub(super) pages: Option<Pages>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotency {
    ByKey,
    None,
}

#[derive(Debug)]
pub(super) struct Body {
    pub(super) shape: Shape,
    pub(super) is_required: bool,
    pub(super) form: BodyForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyForm {
    Json,
    /// One JSON object on each line.
    Lines,
}

#[derive(Debug)]
pub(super) enum Answer {
    Nothing,
    Text,
    Json(Shape),
    Lines(Shape),
    /// Server-sent events.
    Events,
}

/// How the pages of a list follow each other.
#[derive(Debug)]
pub(super) struct Pages {
    /// The field of the answer that has the items.
    pub(super) items: String,
    pub(super) item: Shape,
    /// The field of the answer that says where the next page begins.
    pub(super) next: String,
    /// The query parameter that takes it.
    pub(super) parameter: Field,
}

impl Operation {
    pub(super) fn read(method: &str, path: &str, operation: &Value, document: &Value) -> Result<Self> {
        let answer = Answer::read(operation)?;
        let parameters = Parameters::read(operation, &answer)?;
        let pages = pages(&answer, &parameters.query, document)?;
        Ok(Self {
            id: operation["operationId"]
                .as_str()
                .context("it has no id")?
                .to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: operation["summary"].as_str().unwrap_or_default().to_owned(),
            about: about(operation),
            scope: operation["security"][0]["api_key"][0].as_str().map(str::to_owned),
            in_path: parameters.in_path,
            query: parameters.query,
            idempotency: parameters.idempotency,
            body: Body::read(&operation["requestBody"])?,
            answer,
            pages,
        })
    }

    /// The name of the method that goes through all pages.
    pub(super) fn iterating_id(&self) -> String {
        let what = self.id.strip_prefix("list_").unwrap_or(&self.id);
        format!("iterate_{what}")
    }

    /// What stands above the method: paragraphs.
    pub(super) fn paragraphs(&self) -> Vec<String> {
        let scope = self.scope.as_ref().map_or_else(
            || "needs no API key".to_owned(),
            |scope| format!("needs the scope `{scope}`"),
        );
        let summary = format!("{}.", self.summary.trim_end_matches('.'));
        let place = format!("`{} {}`, {scope}.", self.method, self.path);
        [summary, self.about.clone(), place]
            .into_iter()
            .filter(|paragraph| !paragraph.is_empty())
            .collect()
    }
}

/// Parameters by their place.
struct Parameters {
    in_path: Vec<Field>,
    query: Vec<Field>,
    idempotency: Idempotency,
}

impl Parameters {
    fn read(operation: &Value, answer: &Answer) -> Result<Self> {
        let mut parameters = Self {
            in_path: Vec::new(),
            query: Vec::new(),
            idempotency: Idempotency::None,
        };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let field = parameter_field(parameter)?;
            match (parameter["in"].as_str(), field.name.as_str()) {
                (Some("path"), _) => parameters.in_path.push(field),
                // The libraries read one form of events, the one that the document describes.
                (Some("query"), "format") if matches!(answer, Answer::Events) => {}
                (Some("query"), _) => parameters.query.push(field),
                (Some("header"), "Idempotency-Key") => parameters.idempotency = Idempotency::ByKey,
                // The event stream resumes by itself.
                (Some("header"), "Last-Event-ID") => {}
                (place, name) => bail!("no library knows what to do with {name} in {place:?}"),
            }
        }
        Ok(parameters)
    }
}

fn parameter_field(parameter: &Value) -> Result<Field> {
    let name = parameter["name"].as_str().context("a parameter has no name")?;
    Ok(Field {
        name: name.to_owned(),
        about: about(parameter),
        is_required: parameter["required"].as_bool().unwrap_or(false),
        shape: Shape::read(&parameter["schema"])?,
    })
}

impl Body {
    fn read(body: &Value) -> Result<Option<Self>> {
        let Some(content) = body["content"].as_object() else {
            return Ok(None);
        };
        let forms = [
            ("application/json", BodyForm::Json),
            ("application/x-ndjson", BodyForm::Lines),
        ];
        for (media_type, form) in forms {
            if let Some(content) = content.get(media_type) {
                return Ok(Some(Self {
                    shape: Shape::read(&content["schema"])?,
                    is_required: form == BodyForm::Lines || body["required"].as_bool().unwrap_or(false),
                    form,
                }));
            }
        }
        bail!("its body is of no type that a library can send")
    }
}

impl Answer {
    fn read(operation: &Value) -> Result<Self> {
        let responses = operation["responses"].as_object().context("it has no answers")?;
        let success = responses.iter().find(|(status, _)| status.starts_with('2'));
        let (_, success) = success.context("it never succeeds")?;
        let Some(content) = success["content"].as_object() else {
            return Ok(Self::Nothing);
        };
        let (media_type, content) = content.iter().next().context("its answer has no type")?;
        let shape = Shape::read(&content["schema"])?;
        Ok(match media_type.as_str() {
            "application/json" => Self::Json(shape),
            "application/x-ndjson" => Self::Lines(shape),
            "text/event-stream" => Self::Events,
            _ => Self::Text,
        })
    }
}

/// A list has pages when its answer has `next_X` for a parameter `X`, and one list.
fn pages(answer: &Answer, query: &[Field], document: &Value) -> Result<Option<Pages>> {
    let Answer::Json(Shape::Named(name)) = answer else {
        return Ok(None);
    };
    let Shape::Object(fields) = Shape::read(&document["components"]["schemas"][name])? else {
        return Ok(None);
    };
    let next = query.iter().find_map(|parameter| {
        let next = format!("next_{}", parameter.name);
        let known = fields.iter().any(|field| field.name == next);
        known.then(|| (next, parameter.clone()))
    });
    let Some((next, parameter)) = next else {
        return Ok(None);
    };
    let lists = fields.iter().filter_map(|field| match &field.shape {
        Shape::List(item) => Some((field.name.clone(), (**item).clone())),
        _ => None,
    });
    let lists: Vec<_> = lists.collect();
    let [(items, item)] = lists.as_slice() else {
        bail!("its pages have {} lists", lists.len());
    };
    Ok(Some(Pages {
        items: items.clone(),
        item: item.clone(),
        next,
        parameter,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(page: &Value) -> Result<Operation> {
        let operation = json!({
            "operationId": "list_things",
            "parameters": [{"in": "query", "name": "cursor", "schema": {"type": "string"}}],
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}},
        });
        let document = json!({"components": {"schemas": {"Page": page}}});
        Operation::read("get", "/v1/things", &operation, &document)
    }

    #[test]
    fn a_list_that_names_its_next_page_is_gone_through() {
        let things = json!({"type": "array", "items": {"type": "string"}});
        let page =
            json!({"type": "object", "properties": {"things": things, "next_cursor": {"type": "string"}}});
        let read = list(&page).unwrap();
        let pages = read.pages.as_ref().unwrap();
        assert_eq!((pages.items.as_str(), &pages.item), ("things", &Shape::Text));
        assert_eq!(read.iterating_id(), "iterate_things");
        let whole = json!({"type": "object", "properties": {"things": things}});
        assert!(list(&whole).unwrap().pages.is_none());
    }

    #[test]
    fn a_header_that_no_library_sends_is_an_error() {
        let operation = json!({
            "operationId": "look",
            "parameters": [{"in": "header", "name": "X-Mood", "schema": {"type": "string"}}],
            "responses": {"204": {}},
        });
        let error = Operation::read("get", "/v1/look", &operation, &json!({})).unwrap_err();
        assert!(error.to_string().contains("X-Mood"), "{error}");
    }
}
