//! Exports: objects as this wire's lists answer them, kept in a file, and read as what makes them.

use std::{collections::BTreeMap, fmt};

use serde_json::{Deserializer, Map, Value};
use tieline_domain::{
    reason::Reason,
    text::sanitize,
    usecase::{Exported, ExportedKind, Refusal},
};

mod object;

/// What an export holds.
#[derive(Debug, Default)]
pub struct Export {
    /// Its objects, in their order.
    pub objects: Vec<ExportedObject>,
    /// What is missing, by its pages' own account.
    pub missing: Vec<MissingPages>,
}

/// An object of an export.
#[derive(Debug)]
pub struct ExportedObject {
    /// What it is, if that can be told.
    pub kind: Option<ExportedKind>,
    /// What it is called, if it has a name; fit to be printed.
    pub name: Option<String>,
    /// What makes it here, or what is wrong with it, by field.
    pub read: Result<Exported, Refusal>,
}

/// A list of which not all pages are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPages {
    /// What it is a list of.
    pub kind: ExportedKind,
    /// How many objects of it are there.
    pub there: usize,
    /// How many it has, if it says so.
    pub total: Option<u64>,
}

/// Why a file is no export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedExport {
    /// It is no JSON. What stands there may be a token, so it is not quoted.
    #[error("is no JSON from line {line}, column {column} on")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// There is not one value in it.
    #[error("is empty")]
    Empty,
}

/// Reads an export: one or more JSON values, each a page, an array, an object, or an object in an
/// envelope (`{"data": …}`). What kind an object is shows in its members.
pub fn read_export(text: &[u8]) -> Result<Export, MalformedExport> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut reader = Reader::default();
    let mut is_empty = true;
    for value in Deserializer::from_slice(text).into_iter() {
        let value = value.map_err(|error: serde_json::Error| MalformedExport::Json {
            line: error.line(),
            column: error.column(),
        })?;
        is_empty = false;
        reader.take(value);
    }
    if is_empty {
        return Err(MalformedExport::Empty);
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    objects: Vec<ExportedObject>,
    lists: BTreeMap<ExportedKind, List>,
    last: Option<ExportedKind>,
}

/// What the pages of a list say of it.
#[derive(Default)]
struct List {
    there: usize,
    total: Option<u64>,
    goes_on: bool,
}

impl Reader {
    fn take(&mut self, value: Value) {
        match value {
            Value::Array(items) => items.into_iter().for_each(|item| self.take(item)),
            Value::Object(members) => match object::kind_of(&members) {
                Some(kind) => self.objects.push(ExportedObject {
                    kind: Some(kind),
                    name: object::name_of(kind, &members),
                    read: object::read(kind, members),
                }),
                None => self.open(members),
            },
            _ => self.refuse("is no object"),
        }
    }

    /// Opens what holds objects: a page, or an envelope.
    fn open(&mut self, mut members: Map<String, Value>) {
        match members.remove("data").or_else(|| members.remove("result")) {
            Some(Value::Array(items)) => self.page(items, &members),
            Some(inner @ Value::Object(_)) => self.take(inner),
            _ => match members.get("statusCode") {
                Some(status) => self.refuse(&format!("is an error that was answered: {status}")),
                None => self.refuse("is no connection, endpoint, context or subscriber"),
            },
        }
    }

    fn page(&mut self, items: Vec<Value>, members: &Map<String, Value>) {
        let (before, count) = (self.objects.len(), items.len());
        self.take(Value::Array(items));
        let first = self.objects.get(before).and_then(|object| object.kind);
        // An empty page is the end of the list before it.
        self.last = first.or(self.last);
        let Some(kind) = self.last else { return };
        let list = self.lists.entry(kind).or_default();
        list.there += count;
        list.total = list
            .total
            .max(members.get("totalCount").and_then(Value::as_u64));
        list.goes_on = members.get("next").is_some_and(|next| !next.is_null());
    }

    fn refuse(&mut self, problem: &str) {
        self.objects.push(ExportedObject {
            kind: None,
            name: None,
            read: Err(Refusal::new(
                Reason::MalformedRequest,
                format!("it {}", sanitize(problem, 200)),
            )),
        });
    }

    fn finish(self) -> Export {
        let missing = self.lists.into_iter().filter_map(|(kind, list)| {
            let is_short = match list.total {
                Some(total) => (list.there as u64) < total,
                None => list.goes_on,
            };
            let (there, total) = (list.there, list.total);
            is_short.then_some(MissingPages { kind, there, total })
        });
        Export {
            missing: missing.collect(),
            objects: self.objects,
        }
    }
}

impl fmt::Display for MissingPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, there, total } = self;
        match total {
            Some(total) => write!(f, "has {there} of {total} {kind}s: pages are missing"),
            None => write!(f, "has {there} {kind}s, and more pages follow"),
        }
    }
}

#[cfg(test)]
mod tests;
