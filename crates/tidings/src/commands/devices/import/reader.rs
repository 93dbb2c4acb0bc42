//! Reads the lines of a file of devices, whatever its form, one at a time.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use csv::StringRecord;
use serde_json::{Map, Value};
use tidings_apns::Environment;

use super::columns::{Field, Renaming, field_of, fields_of};
use super::line::{Line, Refusal};
use crate::commands::devices::export::Form;
use crate::failure::Failure;
use crate::output::{DIM, styled, tell};

/// A line that is longer is refused.
const LONGEST: u64 = 64 << 10;

/// A line.
pub(super) struct Record {
    /// Its number in the file, counted from one.
    pub(super) line: u64,
    /// The object for the server; nothing if it is to be left out.
    pub(super) device: Result<Option<String>, Refusal>,
}

/// Reads the lines.
pub(super) struct Reader {
    form: Lines,
    environment: Option<Environment>,
    size: Option<u64>,
    position: Arc<AtomicU64>,
    unused: BTreeSet<String>,
}

enum Lines {
    Csv {
        reader: Box<csv::Reader<Counted>>,
        fields: Vec<Option<Field>>,
        record: StringRecord,
    },
    Ndjson {
        reader: BufReader<Counted>,
        renamings: Vec<Renaming>,
        number: u64,
    },
}

/// A file of which is known how much was read.
struct Counted {
    source: Box<dyn Read>,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Reader {
    pub(super) fn open(
        path: &Path,
        form: Option<Form>,
        columns: &[String],
        renamings: &[Renaming],
        environment: Option<Environment>,
    ) -> anyhow::Result<Self> {
        let form = form.or_else(|| Form::of_name(path)).ok_or_else(|| {
            let message = format!("the name of {} does not say what it is", path.display());
            Failure::usage(message, "give --form csv or --form ndjson")
        })?;
        let (source, size) = open(path)?;
        Self::over(source, size, form, columns, renamings, environment)
    }

    /// Reads what is no file.
    pub(super) fn over(
        source: Box<dyn Read>,
        size: Option<u64>,
        form: Form,
        columns: &[String],
        renamings: &[Renaming],
        environment: Option<Environment>,
    ) -> anyhow::Result<Self> {
        let position = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            source,
            position: Arc::clone(&position),
        };
        let mut reader = Self {
            form: match form {
                Form::Csv => Lines::csv(counted),
                Form::Ndjson => Lines::Ndjson {
                    reader: BufReader::with_capacity(1 << 18, counted),
                    renamings: renamings.to_vec(),
                    number: 0,
                },
            },
            environment,
            size,
            position,
            unused: BTreeSet::new(),
        };
        reader.read_head(columns, renamings)?;
        Ok(reader)
    }

    /// The size of the file, where it has one.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Passes over lines that are in already.
    pub(super) fn skip(&mut self, records: u64) -> anyhow::Result<()> {
        for _ in 0..records {
            if self.next()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// The next line that is not blank; nothing at the end.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Record>> {
        match &mut self.form {
            Lines::Csv {
                reader,
                fields,
                record,
            } => {
                let read = reader.read_record(record);
                let line = record.position().map_or(0, csv::Position::line);
                match read {
                    Ok(false) => Ok(None),
                    Ok(true) => Ok(Some(Record {
                        line,
                        device: row(fields, record, self.environment),
                    })),
                    Err(error) if error.is_io_error() => Err(error).context("cannot read the file"),
                    Err(error) => {
                        let line = error.position().map_or(line, csv::Position::line);
                        Ok(Some(Record {
                            line,
                            device: Err(error.to_string()),
                        }))
                    }
                }
            }
            Lines::Ndjson {
                reader,
                renamings,
                number,
            } => {
                let Some(text) = next_line(reader, number)? else {
                    return Ok(None);
                };
                let device =
                    text.and_then(|text| object(&text, renamings, self.environment, &mut self.unused));
                Ok(Some(Record {
                    line: *number,
                    device,
                }))
            }
        }
    }

    /// Says which columns meant nothing, so that a slip in a name does not go unnoticed.
    pub(super) fn tell_unused(&self) {
        if self.unused.is_empty() {
            return;
        }
        let names: Vec<&str> = self.unused.iter().map(String::as_str).collect();
        tell(styled(
            DIM,
            format_args!(
                "not used: {} (--map takes a column under another name)",
                names.join(", ")
            ),
        ));
    }

    fn read_head(&mut self, columns: &[String], renamings: &[Renaming]) -> anyhow::Result<()> {
        let Lines::Csv { reader, fields, .. } = &mut self.form else {
            return Ok(());
        };
        let head = if columns.is_empty() {
            let mut head = StringRecord::new();
            reader
                .read_record(&mut head)
                .context("cannot read the names of the columns")?;
            head
        } else {
            StringRecord::from(columns.to_vec())
        };
        // Some programs put a mark of byte order before it.
        let names = || head.iter().map(|name| name.trim_start_matches('\u{feff}'));
        *fields = fields_of(names(), renamings);
        if !fields.contains(&Some(Field::Token)) && !head.is_empty() {
            let message = "none of the columns is the device token";
            let hint = "name the column with --map COLUMN=token, or the columns with --columns if there is no line of names";
            return Err(Failure::usage(message, hint).into());
        }
        let unused = names().zip(fields.iter()).filter(|(_, field)| field.is_none());
        self.unused = unused.map(|(name, _)| name.to_owned()).collect();
        Ok(())
    }
}

impl Lines {
    fn csv(source: Counted) -> Self {
        // Lines may be shorter than the head, as spreadsheets write them.
        let mut builder = csv::ReaderBuilder::new();
        let reader = builder
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 18)
            .from_reader(source);
        Self::Csv {
            reader: Box::new(reader),
            fields: Vec::new(),
            record: StringRecord::new(),
        }
    }
}

fn open(path: &Path) -> anyhow::Result<(Box<dyn Read>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path).with_context(|| format!("cannot read devices from {}", path.display()))?;
    let found = file.metadata().ok().filter(std::fs::Metadata::is_file);
    Ok((Box::new(file), found.map(|found| found.len())))
}

/// A line of a table.
fn row(
    fields: &[Option<Field>],
    record: &StringRecord,
    environment: Option<Environment>,
) -> Result<Option<String>, Refusal> {
    let mut line = Line::default();
    for (field, text) in fields.iter().zip(record) {
        if let Some(field) = field {
            line.add_text(*field, text)?;
        }
    }
    line.finish(environment)
}

/// A line with an object.
fn object(
    text: &[u8],
    renamings: &[Renaming],
    environment: Option<Environment>,
    unused: &mut BTreeSet<String>,
) -> Result<Option<String>, Refusal> {
    /// Names that are remembered in order to tell them.
    const TOLD: usize = 20;
    let object: Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| format!("not a JSON object: {error}"))?;
    let mut line = Line::default();
    // Better names last, so that they have the last word.
    let mut found = Vec::with_capacity(object.len());
    for (name, value) in object {
        match field_of(&name, renamings) {
            Some((field, rank)) => found.push((rank, field, value)),
            None if unused.len() < TOLD => drop(unused.insert(name)),
            None => {}
        }
    }
    found.sort_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
    for (_, field, value) in found {
        line.add(field, value)?;
    }
    line.finish(environment)
}

/// The next line that is not blank; `number` is its number.
fn next_line(
    reader: &mut BufReader<Counted>,
    number: &mut u64,
) -> anyhow::Result<Option<Result<Vec<u8>, Refusal>>> {
    loop {
        let mut text = Vec::new();
        let read = reader
            .by_ref()
            .take(LONGEST + 1)
            .read_until(b'\n', &mut text)
            .context("cannot read the file")?;
        if read == 0 {
            return Ok(None);
        }
        *number += 1;
        if read as u64 > LONGEST && text.last() != Some(&b'\n') {
            pass_over(reader).context("cannot read the file")?;
            return Ok(Some(Err(format!("the line is longer than {LONGEST} bytes"))));
        }
        if !text.trim_ascii().is_empty() {
            return Ok(Some(Ok(text)));
        }
    }
}

/// Passes over the rest of a line without holding it.
fn pass_over(reader: &mut BufReader<Counted>) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}
